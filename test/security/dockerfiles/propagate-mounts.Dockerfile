# An option of a bind mount asks for mounts that reach the machine (buildah's CVE-2024-9407).
ARG BASE
FROM ${BASE}
RUN --mount=type=bind,target=/bound,bind-propagation=shared true
