#!/bin/sh
# every KIND: tries each attack in a folder, and says of it `attack NAME: succeeded|failed: WHAT IT SAID`.
for program in "/attacks/$1"/*; do
  said=$(timeout 10 "$program" 2>&1) && end=succeeded || end=failed
  echo "attack ${program##*/}: $end: $(echo "$said" | tail -n 1)"
done
