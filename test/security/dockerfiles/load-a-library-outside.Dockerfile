# Variables of the image that change what programs of the machine do.
ARG BASE
FROM ${BASE}
ARG HOST_DIRECTORY
ENV LD_PRELOAD=/attack.so LD_LIBRARY_PATH=/ LD_AUDIT=/attack.so PATH=/nowhere BASH_ENV=/attack NODE_OPTIONS=--require=/attack
RUN ["/bin/cat", "/proc/1/environ"]
