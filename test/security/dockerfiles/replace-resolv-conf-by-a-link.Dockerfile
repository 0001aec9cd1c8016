# Generated files are written behind links of the image to files of the machine.
ARG BASE
FROM ${BASE}
ARG HOST_DIRECTORY
RUN rm -f /etc/hosts /etc/resolv.conf; ln -s "$HOST_DIRECTORY/file" /etc/resolv.conf; ln -s "$HOST_DIRECTORY/directory/file" /etc/hosts; true
RUN echo attacked > /etc/hosts; echo attacked > /etc/resolv.conf; cat "$HOST_DIRECTORY/empty/../file"
