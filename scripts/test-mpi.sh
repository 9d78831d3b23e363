#!/usr/bin/env bash
# Trains with one, two and four processes of mpirun, with Open MPI and with MPICH: the bytes must be
# the same. In one training a process is killed, and another number of processes resumes it.
#
# usage: scripts/test-mpi.sh PROGRAM
set -euo pipefail

program=$(realpath "$1")
fixtures=$(realpath "$(dirname "$0")/../Tests/DatasetsTests/Fixtures/pictures")
fail() {
  echo "test-mpi: $1" >&2
  exit 1
}

"$(dirname "$0")/install-packages.sh" openmpi-bin mpich procps
# Open MPI asks for both where it is started by root, as in a container.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
# No functions, which run in a shell in the background: there mpirun itself is to be the child.
openmpi=(mpirun.openmpi --oversubscribe --bind-to none)
mpich=(mpirun.mpich)

folder=$(mktemp -d)
trap 'jobs -p | xargs -r kill || true; wait; rm -rf "$folder"' EXIT
cd "$folder"
cat >trial.yaml <<'YAML'
format: 1
name: trial
dataset: {name: digits, train_limit: 210, test_limit: 90, augment: {random_crop: {padding: 1}}}
architecture: {name: resnet, depth: 8, width: 0.25}
train: {epochs: 4, batch_size: 40, shards: 4}
prune: {ratio: 0.4, interval: 1, until: 3}
evaluate: {every: 1}
export: {formats: [safetensors]}
YAML
files=(seed-0/baseline/model.safetensors seed-0/pruned/model.safetensors layers.csv summary.csv experiment.yaml)

# run NAME COMMAND: the bytes must be those of the run $whole.
whole=alone
options=()
run() {
  local name=$1 status=0
  shift
  "$@" "$program" run trial.yaml --results "$name" --progress none --threads 1 "${options[@]}" >"$name.log" 2>&1 \
    || status=$?
  [ "$status" = 0 ] || { cat "$name.log"; fail "$name ended with $status"; }
  for file in "${files[@]}"; do cmp "$whole/trial/$file" "$name/trial/$file" || fail "$name: $file differs"; done
  [ "$(grep -c '^espalier\|experiment' "$name.log")" -le 2 ] || fail "$name: more than one process speaks"
}

run alone env
run open2 "${openmpi[@]}" -n 2
run open4 "${openmpi[@]}" -n 4
run mpich2 "${mpich[@]}" -n 2
whole=half
options=(--set train.precision=bfloat16 --set evaluate.precision=bfloat16)
run half env
run half2 "${openmpi[@]}" -n 2
grep -q '"mpi_ranks" *: *4' open4/trial/report.json || fail "the report does not say how many processes there were"

# The numbers that do not divide the shards, and trainings side by side, are refused by one process
# in one line.
status=0
"${openmpi[@]}" -n 3 "$program" run trial.yaml --results wrong --progress none >wrong.log 2>&1 || status=$?
[ "$status" = 2 ] || { cat wrong.log; fail "three processes for four shards ended with $status"; }
[ "$(grep -c 'expected a multiple of the 3 processes' wrong.log)" = 1 ] || { cat wrong.log; fail "not one line"; }

# A process is killed once there is a checkpoint; mpirun ends the others.
"${openmpi[@]}" -n 2 "$program" run trial.yaml --results killed --progress none --set train.epochs=200 --threads 1 \
  >killed.log 2>&1 &
mpirun=$!
for _ in $(seq 600); do
  if compgen -G 'killed/.cache/*/checkpoint-*' >/dev/null; then break; fi
  sleep 0.1
done
kill -KILL "$(pgrep -P "$mpirun" -f 'espalier run trial.yaml --results killed' | tail -n 1)" || fail "no process to kill"
status=0
wait "$mpirun" || status=$?
[ "$status" != 0 ] || fail "mpirun went on without a process"
compgen -G 'killed/.cache/*/checkpoint-*' >/dev/null || fail "no checkpoint is left"
# mpirun may end before the last of its processes has.
for _ in $(seq 100); do
  pgrep -f 'results killed' >/dev/null || break
  sleep 0.1
done
# From there to the end with four processes, against one that was never stopped.
"${openmpi[@]}" -n 4 "$program" run trial.yaml --results killed --progress none --set train.epochs=200 --threads 1 >/dev/null
"$program" run trial.yaml --results whole --progress none --set train.epochs=200 >/dev/null
for file in "${files[@]}"; do cmp "whole/trial/$file" "killed/trial/$file" || fail "after the kill: $file differs"; done

# A training whose lock another process takes over is left to that process, without an interruption.
"${openmpi[@]}" -n 2 "$program" run trial.yaml --results lost --progress plain --set train.epochs=100000 --threads 1 \
  >lost.log 2>&1 &
mpirun=$!
for _ in $(seq 600); do
  if compgen -G 'lost/.cache/*/checkpoint-*' >/dev/null; then break; fi
  sleep 0.1
done
for lock in lost/.cache/*/lock; do
  sed -e 's/^host: .*/host: elsewhere/' -e 's/^id: .*/id: 1/' "$lock" >taken && cp taken "$lock"
done
for _ in $(seq 300); do
  if grep -q 'another process, which has taken it over, is training it' lost.log; then break; fi
  sleep 0.1
done
grep -q 'another process, which has taken it over' lost.log || { cat lost.log; fail "a lock that was taken over"; }
kill -0 "$mpirun" || { cat lost.log; fail "a lock that was taken over ended all processes"; }
kill -TERM "$mpirun"
status=0
wait "$mpirun" || status=$?
grep -q 'interrupted; the state is saved' lost.log || { tail lost.log; fail "a stop while waiting ended with $status"; }

# A damaged picture that only the second process reads, in the second batch of test images, is
# named. One experiment without a picture that can be decoded fails, and the other is still run.
for class in a b; do
  for part in train test; do
    mkdir -p "photos/$part/$class" "damaged/$part/$class"
    for number in 1 2 3 4; do cp "$fixtures/colour.png" "photos/$part/$class/$number.png"; done
    for number in 1 2 3 4; do cp "$fixtures/cut.png" "damaged/$part/$class/$number.png"; done
  done
done
cp "$fixtures/cut.png" photos/test/b/4.png
cat >pictures.yaml <<'YAML'
format: 1
name: pictures
dataset: {name: image-folder, path: photos, size: 8, damaged: skip}
architecture: {name: resnet, depth: 8, width: 0.25}
train: {epochs: 2, batch_size: 4, shards: 2}
prune: {ratio: 0.3, interval: 1, until: 1}
matrix:
  include:
    - name: none
      dataset.path: damaged
    - name: some
YAML
status=0
"${openmpi[@]}" -n 2 "$program" run pictures.yaml --results pictures --progress plain >pictures.log 2>&1 || status=$?
[ "$status" = 3 ] || { cat pictures.log; fail "damaged pictures ended with $status"; }
grep -q 'test/b/4.png' pictures.log || { cat pictures.log; fail "a damaged picture of the second process is not named"; }
[ -e pictures/some/report.json ] && [ ! -e pictures/none/report.json ] ||
  { cat pictures.log; fail "damaged pictures of one experiment ended the other"; }

# A library that is none is said so.
status=0
ESPALIER_MPI=/nowhere/libmpi.so "${openmpi[@]}" -n 2 "$program" run trial.yaml --results none >none.log 2>&1 || status=$?
[ "$status" = 3 ] && grep -q 'no MPI library is found' none.log || { cat none.log; fail "a missing library: $status"; }
echo "test-mpi: the same bytes of 1, 2 and 4 processes, of Open MPI and MPICH, and after one was killed"
