#!/bin/sh
# Looks for a process of the machine.
ls "/proc/$HOST_PID/status"
