#!/usr/bin/env bash
# Runs the tests, and the program that some of them start, under ThreadSanitizer:
# `scripts/sanitize-threads.sh [swift test's arguments]`.
#
# A copy of the sources is built, because every target that has a Mutex gets one of another kind:
# see Tests/ThreadSanitizer/Mutex.swift.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
copy=.build-threads/package

rm -rf "$copy"
mkdir -p "$copy"
git ls-files -z --cached --others --exclude-standard | while IFS= read -rd '' file; do
  # It may be removed from the folder alone.
  if [ -e "$file" ]; then cp -a --parents -t "$copy" "$file"; fi
done
if [ -e Package.resolved ]; then cp -a Package.resolved "$copy"; fi
grep -rl --include='*.swift' '\bMutex[(<]' "$copy/Sources" | while read -r file; do
  target=${file#"$copy/Sources/"}
  cp "$root/Tests/ThreadSanitizer/Mutex.swift" "$copy/Sources/${target%%/*}/Mutex.swift"
done
grep -rl --include='*.swift' '\bMutex[(<]' "$copy/Tests" | while read -r file; do
  target=${file#"$copy/Tests/"}
  [ "${target%%/*}" = ThreadSanitizer ] || cp "$root/Tests/ThreadSanitizer/Mutex.swift" "$copy/Tests/${target%%/*}/Mutex.swift"
done

# A race ends the process that has it, so that no test of a command passes over one.
export TSAN_OPTIONS="halt_on_error=1 ${TSAN_OPTIONS:-}"
cd "$copy"
# The sanitizer's own memory does not survive a limit on the size of files.
swift test -c release --sanitize=thread --scratch-path ../build --disable-xctest -Xswiftc -enable-testing \
  --skip 'LimitTests/fileSize' "$@"
