#!/bin/sh
# Leaves the root directory by way of its parent.
cd /tmp && cat "../../../../../../../../..$HOST_FILE"
