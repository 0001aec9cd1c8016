#!/bin/sh
# Looks for a secret of the step before wherever it might have been left.
found=$(find /run /tmp /var /etc /root /dev/shm -type f -exec grep -l "[g]eheim" {} + 2> /dev/null)
[ -n "$found" ] && echo "$found" || { echo "not found"; exit 1; }
