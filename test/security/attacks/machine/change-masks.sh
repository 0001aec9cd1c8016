#!/bin/sh
# Sets the mode of what hides files of /proc, to what it is: it may be a device of the machine.
for file in /proc/keys /proc/timer_list /proc/kcore; do
  mode=$(stat -c %a "$file" 2> /dev/null) && chmod "$mode" "$file" 2> /dev/null && exit 0
done
echo "none can be changed"
exit 1
