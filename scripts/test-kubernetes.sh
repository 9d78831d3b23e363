#!/usr/bin/env bash
# Checks the manifests of a suite against the JSON schemas that Kubernetes publishes, as
# kubernetes-validate ships them: strictly, so that a misspelt field is an error, for the newest
# version and the oldest that has every field.
#
# usage: scripts/test-kubernetes.sh PROGRAM
set -euo pipefail

program=$(realpath "$1")
python=.build-kubernetes/bin/python
if [ ! -x "$python" ] || ! "$python" -c 'import kubernetes_validate' 2>/dev/null; then
  python3 -m venv .build-kubernetes
  .build-kubernetes/bin/pip install --quiet kubernetes-validate==1.37.0
fi
python=$(realpath "$(dirname "$python")")/python

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >suite.yaml <<'YAML'
format: 1
name: study
description: "A description: with 'quotes', \"more\" of them\nand a second line"
seeds: [0, 1]
dataset: {name: digits, train_limit: 100, test_limit: 50}
architecture: {name: resnet, depth: 8, width: 0.25}
train: {epochs: 2, batch_size: 50}
prune: {ratio: 0.4, interval: 1}
matrix: {prune.criterion: [l1_norm, random]}
YAML
"$program" submit suite.yaml --to kubernetes --image registry.example.org/espalier:1 --namespace lab --claim data \
  --threads 2 --memory 2G --limit 3 --setup 'echo "a: b # c"' >commands
cat commands
manifests=(results/.submit/*/train.yaml results/.submit/*/report.yaml)
for version in 1.29 1.37; do
  "$python" -m kubernetes_validate --strict --kubernetes-version "$version" "${manifests[@]}"
done

# What no schema says: the numbers, the command, and that the experiments are those that were given.
"$python" - "${manifests[@]}" <<'PYTHON'
import subprocess, sys, yaml

configuration, job = yaml.safe_load_all(open(sys.argv[1]))
(report,) = yaml.safe_load_all(open(sys.argv[2]))
spec = job["spec"]
# Two baselines and four pruned networks.
assert spec["completionMode"] == "Indexed" and spec["completions"] == 6 and spec["parallelism"] == 3, spec
assert job["metadata"]["namespace"] == report["metadata"]["namespace"] == "lab"
assert "completions" not in report["spec"]
container = spec["template"]["spec"]["containers"][0]
assert container["image"] == "registry.example.org/espalier:1"
volumes = {volume["name"]: volume for volume in spec["template"]["spec"]["volumes"]}
assert {mount["name"] for mount in container["volumeMounts"]} == volumes.keys()
assert volumes["experiments"]["configMap"]["name"] == configuration["metadata"]["name"]
# The shell reads the command as it was meant.
words = subprocess.run(
    ["/bin/sh", "-c", container["args"][0].replace("exec espalier", "exec printf '%s\\n'")],
    env={"JOB_COMPLETION_INDEX": "4", "PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=True).stdout
assert words.startswith("a: b # c\nrun\n") and words.endswith("--shard\n5/6\n"), words
for name, text in configuration["data"].items():
    assert f"/experiments/{name}" in words, words
    open(name, "w").write(text)
PYTHON
"$program" validate study-l1_norm.yaml study-random.yaml
echo "test-kubernetes: the manifests are valid"
