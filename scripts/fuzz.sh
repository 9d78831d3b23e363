#!/usr/bin/env bash
# Feeds mutated inputs to each reader of outside files, with the first argument as number of inputs,
# and fails at the first trap, hang of 10 s, or memory use above 512 MB. The input that caused it
# stays in .build-fuzz/findings. Further arguments are names of readers.
set -euo pipefail
cd "$(dirname "$0")/.."

runs=${1:-1000000}
readers=("${@:2}")

ESPALIER_FUZZ=1 swift build -c release --scratch-path .build-fuzz --sanitize=fuzzer -Xswiftc -enable-testing \
  --product Fuzzing
program=$PWD/.build-fuzz/release/Fuzzing
if ((${#readers[@]} == 0)); then
  names=$("$program" --readers)
  read -ra readers <<<"$names"
fi
mkdir -p .build-fuzz/findings
findings=$PWD/.build-fuzz/findings

# libFuzzer, not Swift, is to catch what goes wrong.
export SWIFT_BACKTRACE=enable=no
passed=0
for reader in "${readers[@]}"; do
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  mkdir "$folder/corpus"
  "$program" --reader="$reader" --write-corpus="$folder/corpus" 2>"$folder/log" ||
    { tail -n 40 "$folder/log" >&2 && exit 1; }
  # An empty folder to work in: an experiment may name other files.
  if ! (cd "$folder" && "$program" --reader="$reader" -runs="$runs" -seed=1 -timeout=10 -rss_limit_mb=512 \
    -max_len=4096 -len_control=10 -print_final_stats=1 -artifact_prefix="$findings/$reader-" corpus) >"$folder/log" 2>&1; then
    tail -n 40 "$folder/log"
    echo "fuzz: $reader failed; the input is in .build-fuzz/findings" >&2
    exit 1
  fi
  statistic() { sed -nE "s/^stat::$1: *//p" "$folder/log"; }
  echo "$reader: $(statistic number_of_executed_units) inputs, $(statistic average_exec_per_sec)/s," \
    "$(statistic new_units_added) found new ways, peak memory $(statistic peak_rss_mb) MB"
  passed=$((passed + 1))
  rm -rf "$folder"
done
echo "$passed of ${#readers[@]}"
