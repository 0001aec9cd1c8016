# The program of a step is the helper, which then could be overwritten (runc's CVE-2019-5736).
ARG BASE
FROM ${BASE}
RUN ["/proc/self/exe", "--version"]
