# A step leaves a link in a cache where the next one has a mount (BuildKit's CVE-2024-23651).
ARG BASE
FROM ${BASE}
ARG HOST_DIRECTORY
RUN --mount=type=cache,target=/cache ln -s "$HOST_DIRECTORY" /cache/led
RUN --mount=type=cache,target=/cache --mount=type=bind,target=/cache/led/empty --mount=type=cache,id=2,target=/cache/led/new touch /cache/led/file
RUN --mount=type=cache,target=/cache test -L /cache/led && cat /cache/led/directory/file
