# The source of a bind mount lies behind a link of the context to a directory of the machine.
ARG BASE
FROM ${BASE}
RUN --mount=type=bind,source=led/directory,target=/bound cat /bound/file
