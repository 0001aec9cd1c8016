#!/bin/sh
# Opens what other processes have open: pid 1 has the way to the helper.
for open in /proc/1/fd/* "/proc/$HOST_PID/fd"/*; do
  readlink "$open" 2> /dev/null && exit 0
done
echo "none can be opened"
exit 1
