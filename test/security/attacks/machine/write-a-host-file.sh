#!/bin/sh
# Adds to a file of the machine by its name there.
[ -e "$HOST_FILE" ] || { echo "no such file"; exit 1; }
echo attacked >> "$HOST_FILE"
