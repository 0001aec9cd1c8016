# WORKDIR makes directories behind a link of the image to a directory of the machine. There they land in the image.
ARG BASE
FROM ${BASE}
ARG HOST_DIRECTORY
RUN ln -s "$HOST_DIRECTORY" /led
WORKDIR /led/attacked
RUN cat ../file
