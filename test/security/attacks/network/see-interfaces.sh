#!/bin/sh
# Looks for a network interface besides the loopback.
# Not /proc/net: a /proc that came from elsewhere would show what is there.
[ "$(ifconfig -a | grep -c "^[a-z]")" -gt 1 ] || { echo "there is none"; exit 1; }
