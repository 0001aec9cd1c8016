#!/bin/sh
# Reads what the build keeps in its store.
cat "$STORE/oci-layout"
