#!/bin/sh
# Makes a node of the kernel's log wherever one can be made, and reads it.
for directory in /tmp /dev /dev/shm /dev/mqueue /dev/pts /run /fast /cache /attacks; do
  rm -f "$directory/kmsg" 2> /dev/null
  mknod "$directory/kmsg" c 1 11 2> /dev/null || continue
  said=$(dd if="$directory/kmsg" bs=8192 count=1 2> /dev/null) && [ -n "$said" ] && echo "$directory" && exit 0
done
echo "none can be made and read"
exit 1
