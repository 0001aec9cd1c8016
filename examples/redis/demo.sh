#!/bin/sh
# `npm run demo`: builds the Dockerfile beside this file on a Debian base from a registry of its own, starts the redis
# inside, and ends with its PONG. Everything lies in a temporary folder, which is gone at the end.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
oci_build=$root/dist/cli.js
registry='' server='' work=''

main() {
  "$root/.ci/set-up" demo
  work=$(mktemp -d)
  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  export OCI_BUILD_ROOT="$work/store"

  title "A registry on this machine, and a Debian in it"
  start_registry
  push_base
  mkdir "$work/context"
  sed "s/PORT/$port/" "$here/Dockerfile" > "$work/context/Dockerfile"
  cat "$work/context/Dockerfile"

  title "oci-build build -t redis ."
  "$oci_build" build -t redis --iidfile "$work/id" "$work/context"

  title "oci-build run redis"
  start_redis
  pong=$(ping_redis)
  stop_redis
  nothing_left

  title "oci-build images"
  "$oci_build" images
  echo
  echo "The redis in image $(cat "$work/id") says: $pong"
}

title() { printf '\n== %s\n' "$*"; }
stop() {
  echo "demo: $*" >&2
  exit 1
}

start_registry() {
  node "$root/.ci/registry.mjs" "$work/registry" &
  registry=$!
  until [ -e "$work/registry/port" ]; do
    kill -0 "$registry" 2> /dev/null || stop "the registry did not start"
    sleep 0.1
  done
  port=$(cat "$work/registry/port")
}

push_base() {
  base=$("$root/.ci/debian-image")
  skopeo copy --quiet --dest-tls-verify=false "oci:$base:latest" "docker://localhost:$port/library/debian:latest"
}

# The container shares the machine's network, so redis takes a port that is free.
start_redis() {
  redis_port=$(node -e 'const s = require("net").createServer().listen(0, () => { console.log(s.address().port); s.close(); })')
  "$oci_build" run --rm redis redis-server --port "$redis_port" --save '' --daemonize no > "$work/redis.log" 2>&1 &
  server=$!
}

ping_redis() {
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    answer=$("$oci_build" run --rm redis redis-cli -p "$redis_port" ping 2>&1) && [ "$answer" = PONG ] && break
    sleep 0.3
  done
  if [ "$answer" != PONG ]; then
    cat "$work/redis.log" >&2
    stop "no PONG from redis, but: $answer"
  fi
  echo "$answer"
}

stop_redis() {
  kill -TERM "$server"
  code=0
  wait "$server" || code=$?
  server=
  [ "$code" = 0 ] || stop "redis ended with exit code $code after SIGTERM"
}

nothing_left() {
  for process in /proc/[0-9]*; do
    ! tr '\0' ' ' 2> /dev/null < "$process/cmdline" | grep -q "redis-server .*:$redis_port" ||
      stop "process ${process#/proc/} was left running"
  done
  ! grep -F "$work" /proc/self/mountinfo || stop "a mount was left behind"
}

clean_up() {
  [ -z "$server" ] || kill -KILL "$server" 2> /dev/null || true
  [ -z "$registry" ] || { kill "$registry" && wait "$registry"; } 2> /dev/null || true
  # An ordinary user's store holds files of sub-ids, which only root of a namespace may remove.
  [ -z "$work" ] || rm -rf "$work" 2> /dev/null || unshare --map-root-user --map-auto rm -rf "$work"
}

main "$@"
