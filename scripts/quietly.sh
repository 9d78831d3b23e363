#!/usr/bin/env bash
# Runs a command with its output in a file: `quietly.sh LOG COMMAND...`. Prints the last line if the
# command succeeds; if it fails, the lines with the reason, and the path of the file. With VERBOSE=1
# everything is printed at once.
set -uo pipefail

log=$1
shift
if [ -n "${VERBOSE:-}" ]; then exec "$@"; fi
mkdir -p "$(dirname "$log")"
if "$@" >"$log" 2>&1; then
  tail -n 1 "$log"
  exit 0
else
  status=$?
fi
# Compiler errors and warnings, failed tests, and a crash's first lines; without any, the end.
why=$(grep -E '(error|warning): |✘|Fatal error|Crash|Assertion|Sanitizer' "$log" | head -n 60)
echo "${why:-$(tail -n 40 "$log")}" >&2
echo "failed with status $status; all output is in $log" >&2
exit "$status"
