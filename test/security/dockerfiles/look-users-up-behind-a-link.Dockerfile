# The list of users is a link to a file of the machine (buildah's CVE-2024-9676).
ARG BASE
FROM ${BASE}
ARG HOST_DIRECTORY
RUN ln -sf "$HOST_DIRECTORY/passwd" /etc/passwd
USER attacker
RUN id
