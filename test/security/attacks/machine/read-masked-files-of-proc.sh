#!/bin/sh
# Reads what tells of the machine's memory, timers and keys.
for file in kcore keys timer_list sched_debug latency_stats interrupts; do
  [ -n "$(head -c 1 "/proc/$file" 2> /dev/null)" ] && echo "$file" && exit 0
done
echo "nothing can be read"
exit 1
