#!/bin/sh
# Sets what /proc/sys holds, to what it is.
for file in /proc/sys/vm/overcommit_memory /proc/sys/kernel/pid_max /proc/sys/net/ipv4/ip_forward; do
  value=$(cat "$file") && echo "$value" > "$file" && exit 0
done
exit 1
