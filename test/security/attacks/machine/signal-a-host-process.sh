#!/bin/sh
# Sends a process of the machine a signal.
kill -CONT "$HOST_PID"
