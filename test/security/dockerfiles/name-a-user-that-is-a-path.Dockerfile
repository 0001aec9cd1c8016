# USER is a path.
ARG BASE
FROM ${BASE}
USER ../../../../../../etc/passwd
RUN id
