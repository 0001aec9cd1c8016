# The source of a bind mount lies behind a link to a directory of the machine.
ARG BASE
FROM ${BASE} AS other
ARG HOST_DIRECTORY
RUN ln -s "$HOST_DIRECTORY" /led
FROM ${BASE}
RUN --mount=type=bind,from=other,source=/led/directory,target=/bound,rw cat /bound/file && echo attacked > /bound/file
