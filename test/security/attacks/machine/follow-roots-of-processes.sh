#!/bin/sh
# Reads a file of the machine below the root directory of any process that can be seen.
for process in /proc/[0-9]*; do
  cat "$process/root$HOST_FILE" 2> /dev/null && exit 0
done
echo "no root leads there"
exit 1
