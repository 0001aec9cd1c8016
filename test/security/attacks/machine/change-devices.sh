#!/bin/sh
# Sets the mode of the devices in /dev, to what it is: they may be the machine's own.
for name in null zero full random urandom tty; do
  mode=$(stat -c %a "/dev/$name") && chmod "$mode" "/dev/$name" 2> /dev/null && exit 0
done
echo "none can be changed"
exit 1
