#!/usr/bin/env bash
# Runs the experiments of scripts/background-queue.txt one after another, at the lowest priority,
# while the machine does other things. They take days; each report is written when its experiment is
# done.
#
#   scripts/background.sh start      builds and copies the program, once; runs the queue with it
#   scripts/background.sh stop       ends it, with its state saved
#   scripts/background.sh pause      halts it, for benchmarks
#   scripts/background.sh continue   resumes what was paused or stopped
#   scripts/background.sh status     shows the progress of each training
#
# Program, experiments, queue, data, results and cache are in the folder $ESPALIER_BACKGROUND,
# .background unless that is set. The copy is kept from one start to the next: a newer program may
# round otherwise, and could not use the checkpoints. Its version names the commit. Data is looked
# for in $ESPALIER_DATA, the folder's data/, and the repository's data/.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${ESPALIER_BACKGROUND:-.background}

fail() {
  echo "background: $1" >&2
  exit 2
}

command -v pgrep > /dev/null || fail "pgrep is missing; it is in Debian's package procps"

# Processes of the queue; none when it does not run. The group's number alone may have become
# another's.
members() {
  [[ -s $folder/process ]] && pgrep -g "$(cat "$folder/process")" -f 'espalier-background|espalier run' || true
}

state() {
  local process
  process=$(members | tail -n 1)
  if [[ -z $process ]]; then
    echo stopped
  elif [[ $(ps -o state= -p "$process") == T* ]]; then
    echo paused
  else
    echo running
  fi
}

# To all processes of the queue.
signal() { kill "-$1" -- "-$(cat "$folder/process")"; }

build() {
  local source=$folder/source commit
  commit=$(git rev-parse --short HEAD)
  echo "background: building $commit"
  rm -rf "$source"
  mkdir -p "$source"
  git archive HEAD | tar -x -C "$source"
  # The commit as build metadata, https://semver.org, 10.
  git show HEAD:Sources/Experiments/ProductVersion.swift | sed -E "s/(current = \"[^\"]*)/\1+$commit/" \
    > "$source/Sources/Experiments/ProductVersion.swift"
  scripts/setup.sh
  swift build -c release --product espalier --package-path "$source" > "$folder/build.txt" 2>&1 ||
    fail "the build failed: $folder/build.txt"
  cp -R "$source/experiments" "$folder/"
  cp "$source/scripts/background-queue.txt" "$folder/queue.txt"
  # Last, and whole or not at all: nothing is built where there is a program.
  cp "$source/.build/release/espalier" "$folder/espalier.new"
  mv "$folder/espalier.new" "$folder/espalier"
  rm -rf "$source"
}

# In a session of its own, which outlives the shell. Linux may share processors among sessions
# before it looks at the priorities within them: then the session gets the lowest priority, too.
queue='
  echo $$ > process || exit
  if [[ -w /proc/self/autogroup ]]; then echo 19 > /proc/self/autogroup; fi
  grep -v "^[[:space:]]*#" queue.txt | while read -ra arguments; do
    [[ ${#arguments[@]} -gt 0 ]] || continue
    status=0
    ./espalier run "${arguments[@]}" --jobs 1 --results results --progress json < /dev/null || status=$?
    [[ $status -ne 130 ]] || exit 130
  done'

run_queue() {
  local lowest=(nice -n 19)
  ! command -v ionice > /dev/null || lowest+=(ionice -c 3)
  [[ -e $folder/data || -n ${ESPALIER_DATA:-} || ! -e data ]] || ln -sfn "$PWD/data" "$folder/data"
  # Without setsid, job control makes a process group.
  local session=(setsid)
  command -v setsid > /dev/null || { session=() && set -m; }
  rm -f "$folder/process"
  (
    cd "$folder"
    # Whoever started this may wait until what it has passed on is closed.
    for descriptor in /proc/self/fd/*; do
      descriptor=${descriptor##*/}
      if [[ $descriptor =~ ^[0-9]+$ && $descriptor -gt 2 ]]; then eval "exec $descriptor>&-"; fi
    done
    exec "${session[@]}" nohup "${lowest[@]}" bash -c "$queue" espalier-background
  ) < /dev/null >> "$folder/output.txt" 2>> "$folder/progress.jsonl" &
  local child=$!
  until [[ -s $folder/process ]]; do
    # It may also be done already.
    kill -0 "$child" 2> /dev/null || [[ -s $folder/process ]] ||
      fail "the queue did not start; the end of $folder/progress.jsonl may say why"
    sleep 0.1
  done
}

resume() {
  [[ -x $folder/espalier ]] || fail "nothing to continue in $folder: use start"
  case $(state) in
    running) ;;
    paused) signal CONT ;;
    stopped) run_queue ;;
  esac
  echo "background: running, process $(cat "$folder/process")"
}

case ${1:-} in
  start)
    [[ -x $folder/espalier ]] || build
    resume
    ;;
  continue) resume ;;
  pause)
    [[ $(state) != stopped ]] || fail "it does not run"
    signal STOP
    # The signal reaches a busy machine's processes a moment later.
    while [[ $(state) == running ]]; do sleep 0.05; done
    echo "background: paused"
    ;;
  stop)
    if [[ $(state) != stopped ]]; then
      signal TERM
      signal CONT
      while [[ -n $(members) ]]; do sleep 0.2; done
    fi
    echo "background: stopped"
    ;;
  status)
    [[ -x $folder/espalier ]] || fail "nothing is in $folder: use start"
    echo "background: $(state), version $("$folder/espalier" version)"
    python3 scripts/background-status.py "$folder"
    ;;
  *) fail "usage: scripts/background.sh start|stop|pause|continue|status" ;;
esac
