#!/bin/sh
# Has the kernel run a program of the attacker's when one crashes; what it writes is what is there.
file=/proc/sys/kernel/core_pattern
pattern=$(cat $file) && [ -n "$pattern" ] && echo "$pattern" > $file
