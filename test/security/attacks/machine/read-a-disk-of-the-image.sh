#!/bin/sh
# Reads the machine's disk by a node that a layer brought along.
[ "$(head -c 1 /disk | wc -c)" = 1 ]
