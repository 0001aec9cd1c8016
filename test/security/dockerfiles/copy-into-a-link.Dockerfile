# COPY writes behind a link of the image to a directory of the machine. There it lands in the image.
ARG BASE
FROM ${BASE}
ARG HOST_DIRECTORY
RUN ln -s "$HOST_DIRECTORY" /led
COPY attack /led/file
COPY attack /led/directory/file
RUN rm -r "$HOST_DIRECTORY"
