# COPY takes what lies behind a link of the context to a directory of the machine.
ARG BASE
FROM ${BASE}
COPY led/file /taken
RUN cat /taken
