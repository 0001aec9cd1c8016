#!/bin/sh
# Reads a file of the machine by its name there.
cat "$HOST_FILE"
