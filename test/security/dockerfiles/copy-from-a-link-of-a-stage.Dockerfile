# COPY --from takes what lies behind a link to a directory of the machine.
ARG BASE
FROM ${BASE} AS other
ARG HOST_DIRECTORY
RUN ln -s "$HOST_DIRECTORY" /led
FROM ${BASE}
COPY --from=other /led/ /taken/
RUN cat /taken/file
