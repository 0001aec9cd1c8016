# A secret is written behind a link to a directory of the machine.
ARG BASE
FROM ${BASE}
ARG HOST_DIRECTORY
RUN ln -s "$HOST_DIRECTORY" /led
RUN --mount=type=secret,id=word,target=/led/file true
RUN --mount=type=secret,id=word,target=/led/secret test -e /led/secret
RUN cat /led/file
