#!/bin/sh
# Looks at what the firmware tells.
for directory in /sys/firmware /proc/acpi /proc/scsi /sys/devices/virtual/powercap; do
  [ -n "$(ls "$directory" 2> /dev/null)" ] && echo "$directory" && exit 0
done
echo "nothing can be seen"
exit 1
