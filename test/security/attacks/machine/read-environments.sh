#!/bin/sh
# Looks for a secret of another step in the environments and arguments of all processes.
found=$(grep -l "[g]eheim" /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2> /dev/null)
[ -n "$found" ] && echo "$found" || { echo "not found"; exit 1; }
