#!/bin/sh
# `npm test`: sets the checkout up, checks it, and runs every test: the helper's in Rust and those of dist/test.
# `npm test -- test/oci/digest.test.ts …` runs just these files. The last line is `N passed, N failed`.
set -eu
cd "$(dirname "$0")/.."

.ci/set-up test
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
passed=0 failed=0

main() {
  if [ $# = 0 ]; then
    .ci/check || fail_once
    run_rust_tests
    # shellcheck disable=SC2046 # one word per file
    run_tap_tests $(find dist/test -name '*.test.js' | sort)
  else
    # shellcheck disable=SC2046 # one word per file
    run_tap_tests $(for file; do echo "dist/${file%.ts}.js"; done)
  fi
  echo "$passed passed, $failed failed"
  [ "$failed" = 0 ]
}

run_rust_tests() {
  target=$(rustc -vV | sed -n 's/^host: //p')
  keep_code "$results/rust" sh -c "cd native-helpers && cargo test --quiet --locked --target $target 2>&1"
  # One line for each test program: test result: ok. 12 passed; 0 failed; …
  tally "$results/rust" '^test result:' '[0-9]+ passed' '[0-9]+ failed'
}

run_tap_tests() {
  if [ "${OCI_BUILD_MUST_SANDBOX:-}" = 1 ]; then set -- --fail-skip "$@"; fi
  keep_code "$results/tap" node_modules/.bin/tap --reporter=tap "$@" | brief
  # # { total: 14, pass: 12, fail: 1, skip: 1 }
  tally "$results/tap" '^# { total:' 'pass: [0-9]+' 'fail: [0-9]+'
}

# keep_code FILE COMMAND...: shows what the command prints, and keeps it in FILE and its exit code in FILE.code.
keep_code() {
  out=$1
  shift
  { "$@" < /dev/null || echo $? > "$out.code"; } | tee "$out"
}

# Of TAP, shows a line for each test file, and of what failed everything.
brief() {
  awk '
    /^ *not ok/ { print; fflush(); failing = 1; next }
    /^ *---$/ { inside = failing }
    inside { print; if ($0 ~ /^ *\.\.\.$/) inside = 0; next }
    /^(ok|# [{t])/ || /^Bail out/ { print; fflush() }
    { failing = 0 }
  '
}

# tally FILE LINES PASSED FAILED: adds up the numbers that two patterns find in the lines of FILE that match LINES.
# A failure that no number tells of, as of a program that could not be compiled, counts as one.
tally() {
  bad=$(sum "$1" "$2" "$4")
  passed=$((passed + $(sum "$1" "$2" "$3"))) failed=$((failed + bad))
  if [ -e "$1.code" ] && [ "$bad" = 0 ]; then fail_once; fi
}
# A title may hold any bytes, which -a takes for text.
sum() { grep -a "$2" "$1" | grep -oE "$3" | grep -oE '[0-9]+' | awk '{ n += $1 } END { print n + 0 }'; }

fail_once() { failed=$((failed + 1)); }

main "$@"
