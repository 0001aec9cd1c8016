#!/bin/sh
# Reads the program of a process that is none of the image (CVE-2019-5736).
for process in /proc/[0-9]*; do
  program=$(readlink "$process/exe") || continue
  case $program in
    /bin/* | /attacks/*) ;;
    *) head -c 4 "$process/exe" && echo " $program" && exit 0 ;;
  esac
done
echo "there is none"
exit 1
