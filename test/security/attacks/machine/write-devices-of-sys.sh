#!/bin/sh
# Opens for writing any file of /sys that might be written.
for file in $(find /sys/kernel/mm /sys/module /sys/block /sys/power -maxdepth 4 -type f -perm -200 2> /dev/null | head -n 50); do
  (: >> "$file") 2> /dev/null && echo "$file" && exit 0
done
echo "none can be written"
exit 1
