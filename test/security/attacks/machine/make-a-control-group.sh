#!/bin/sh
# Makes a control group, as the way over release_agent would begin (CVE-2022-0492).
for parent in /sys/fs/cgroup /sys/fs/cgroup/*; do
  mkdir "$parent/attacked" 2> /dev/null && rmdir "$parent/attacked" && exit 0
done
echo "none can be made"
exit 1
