#!/bin/sh
# Speaks to a service of the machine on its loopback interface.
wget -q -O - "http://127.0.0.1:$HOST_PORT/"
