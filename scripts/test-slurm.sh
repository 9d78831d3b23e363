#!/usr/bin/env bash
# Submits a suite to a real Slurm on the loopback address, which is removed afterwards: one task is
# cancelled, one reaches its time limit and is requeued, one fails. The reports must be the same as
# those of a plain run.
#
# usage: scripts/test-slurm.sh PROGRAM
set -euo pipefail

program=$(realpath "$1")
fail() {
  tail -n 20 "${folder:-/nowhere}"/results/.submit/*/*.log >&2 2>/dev/null || true
  echo "test-slurm: $1" >&2
  exit 1
}

((EUID == 0)) || fail "slurmctld and slurmd are started as root here"
# Slurm's daemons, its commands, and what they prove their identity with.
"$(dirname "$0")/install-packages.sh" slurmctld slurmd slurm-client munge

folder=$(mktemp -d)
export SLURM_CONF=$folder/slurm.conf

stop() {
  # What runs in the foreground would outlive a script that is killed.
  pkill -P $$ || true
  # Jobs first: their processes are slurmd's.
  scancel --me 2>/dev/null || true
  for _ in $(seq 50); do
    [ -z "$(squeue --noheader --states=running,completing 2>/dev/null)" ] && break
    sleep 0.2
  done
  for daemon in slurmd slurmctld munged; do
    if [ -s "$folder/$daemon.pid" ]; then kill "$(cat "$folder/$daemon.pid")" 2>/dev/null || true; fi
  done
  # The daemons write their state when they end.
  for _ in $(seq 50); do
    rm -rf "$folder" 2>/dev/null && break
    sleep 0.2
  done
  [ ! -e "$folder" ] || echo "test-slurm: $folder is left" >&2
}
trap stop EXIT

# MARK: The cluster

start() {
  local host
  host=$(hostname -s)
  mkdir "$folder/state" "$folder/spool"
  head -c 64 /dev/urandom >"$folder/munge.key"
  chmod 600 "$folder/munge.key"
  cat >"$SLURM_CONF" <<CONF
ClusterName=loopback
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=26817
SlurmdPort=26818
AuthType=auth/munge
AuthInfo=socket=$folder/munge.socket
SlurmUser=root
SlurmdUser=root
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
ReturnToService=2
SlurmdParameters=config_overrides
SchedulerParameters=sched_interval=1,bf_interval=1
MaxArraySize=4
MinJobAge=3600
NodeName=$host NodeAddr=127.0.0.1 CPUs=3 RealMemory=1000
PartitionName=test Nodes=$host Default=YES MaxTime=INFINITE State=UP
CONF
  munged --force --key-file="$folder/munge.key" --socket="$folder/munge.socket" --seed-file="$folder/munge.seed" \
    --pid-file="$folder/munged.pid" --log-file="$folder/munged.log"
  slurmctld
  slurmd
  for _ in $(seq 100); do
    [ "$(sinfo --noheader --format=%T 2>/dev/null)" = idle ] && return
    sleep 0.1
  done
  tail -n 20 "$folder"/*.log >&2
  fail "the cluster did not come up"
}

# MARK: The suite

cd "$folder"
mkdir suite
cat >suite/common.yaml <<'YAML'
format: 1
name: common
dataset: {name: digits, train_limit: 400, test_limit: 50}
architecture: {name: resnet, depth: 8, width: 0.25}
train: {epochs: 2, batch_size: 50}
YAML
cat >suite/short.yaml <<'YAML'
extends: common.yaml
name: short
prune: {ratio: 0.4, interval: 1}
matrix: {prune.criterion: [l1_norm, random]}
YAML
# Forty seconds on this machine, of which the time limit below allows ten to forty, and eight.
probed=50
"$program" run suite/common.yaml --set train.epochs=1 --results probe --threads 1 --progress none >/dev/null
begin=$(date +%s%N)
"$program" run suite/common.yaml --set train.epochs=$probed --results probe --threads 1 --progress none >/dev/null
took=$((($(date +%s%N) - begin) / 1000000))
epochs=$((40000 * probed / took))
cat >suite/cancelled.yaml <<YAML
extends: common.yaml
name: cancelled
seeds: [7]
train: {epochs: $((epochs / 5))}
YAML
cat >suite/long.yaml <<YAML
extends: common.yaml
name: long
seeds: [8]
train: {epochs: $epochs}
YAML
cat >suite/bad.yaml <<'YAML'
extends: common.yaml
name: bad
seeds: [9]
train: {optimizer: {learning_rate: 1.0e+30}}
YAML
files=(suite/short.yaml suite/cancelled.yaml suite/long.yaml suite/bad.yaml)

cat >cluster.yaml <<'YAML'
threads: 1
memory: 100M
time: 1
slurm: {partition: test, signal: USR1@50}
setup: ['echo "setup on $(hostname)"']
YAML

# MARK: The test

task_states() { squeue --noheader --array --states=all --format='%F_%K %T %r'; }

start
"$program" submit "${files[@]}" >ids
cat ids
# Six shards of one training each, at most four per array, and the job that writes the reports.
[ "$(grep -c '^training ' ids)" = 2 ] && [ "$(grep -c '^report ' ids)" = 1 ] || fail "expected two arrays and a report job"
report=$(sed -n 's/^report //p' ids)
submitted=$(echo results/.submit/*)

cancelled=
for _ in $(seq 1800); do
  [ -n "$(squeue --noheader --jobs="$report" --format=%T 2>/dev/null | grep -v -E 'COMPLETED|FAILED')" ] || break
  # As soon as it has a checkpoint.
  if [ -z "$cancelled" ] && log=$(grep -l '^cancelled,' "$submitted"/[0-9]*.log 2>/dev/null) \
    && key=$(grep -l 'seed 7' results/.cache/*/stage.yaml 2>/dev/null) && compgen -G "$(dirname "$key")/checkpoint-*" >/dev/null; then
    cancelled=$(basename "$log" .log)
    scancel "$cancelled"
    "$program" submit --status "${files[@]}" >status
  fi
  # Slurm holds back for two minutes what was queued again, so that the task before it surely has
  # ended. Here ten seconds are enough.
  while read -r task begin; do
    [ "$begin" != N/A ] || continue
    if [ $(($(date -d "$begin" +%s) - $(date +%s))) -gt 30 ]; then
      scontrol update JobId="${task%_N/A}" StartTime=now+10 || true
    fi
  done < <(squeue --noheader --array --states=pending --format='%F_%K %S %r' | sed -n 's/ BeginTime$//p')
  sleep 0.5
done
task_states >states
cat states

[ -n "$cancelled" ] || fail "nothing was cancelled"
cat status
grep -q "^$cancelled CANCELLED" states || fail "$cancelled was not left cancelled"
grep -q 'shards trained; reports: ' status || fail "the status says nothing of the reports"
grep -q -r 'DUE TO JOB REQUEUE' "$submitted" || fail "nothing met its time limit and was queued again"
grep -q 'FAILED NonZeroExitCode' states || fail "the bad experiment did not fail"
grep -q '^setup on ' "$submitted"/*.log || fail "the setup line did not run"
grep -q 'bad: the loss is' "$submitted"/report-*.log || fail "the report job does not name the bad experiment"

status=0
"$program" run "${files[@]}" --results plain --jobs 2 --progress none >/dev/null 2>plain.log || status=$?
[ "$status" = 3 ] || { cat plain.log; fail "the plain run ended with $status"; }
compared=0
while read -r file; do
  cmp "plain/$file" "results/$file" || fail "$file differs"
  compared=$((compared + 1))
done < <(cd plain && find . -name model.safetensors -o -name layers.csv -o -name summary.csv -o -name experiment.yaml | grep -v '/\.')
[ "$compared" -ge 15 ] || fail "only $compared files were compared"
again=$("$program" submit --status "${files[@]}" | tail -n 1)
[ "${again%%;*}" = "5 of 6 shards trained" ] || fail "at the end: $again"
echo "test-slurm: $compared files are those of a plain run"
