#!/bin/sh
# Makes a node of the machine's disk wherever one can be made, and reads it.
for directory in /tmp /dev /dev/shm /dev/mqueue /dev/pts /run /fast /cache /attacks; do
  rm -f "$directory/disk" 2> /dev/null
  mknod "$directory/disk" b "${DISK%:*}" "${DISK#*:}" 2> /dev/null || continue
  [ "$(head -c 1 "$directory/disk" 2> /dev/null | wc -c)" = 1 ] && echo "$directory" && exit 0
done
echo "none can be made and read"
exit 1
