#!/usr/bin/env python3
"""Prints the table of docs/deploying.md: what pruned networks gain in onnxruntime.

usage: deploying-table.py RESULTS

RESULTS contains the results of `espalier run experiments/deploying.yaml --results RESULTS`, with the
deployment.json that `scripts/measure-onnx.py --rounds 3 RESULTS/deploying-*` writes into each. Each
speed-up is over the baseline of the same result, which was measured in turns with it; the rows of
the baselines have the medians over the results.
"""

import json
import pathlib
import re
import statistics
import sys

NETWORKS = ["resnet20", "resnet56", "vgg16", "mobilenet_v2"]


def million(count):
    return f"{count / 1e6:.1f}"


class Result:
    def __init__(self, folder):
        name = re.fullmatch(r"deploying-(.*)-(block|stream)-round_to(\d+)", folder.name)
        self.network, self.scope, self.multiple = name[1], name[2], int(name[3])
        report = json.loads((folder / "report.json").read_text())
        self.runs = {run["variant"]: run for run in report["runs"]}
        deployment = json.loads((folder / "deployment.json").read_text())
        self.header = f"{deployment['runtime']}, {deployment['processor']}"
        self.models = {model["variant"]: model for model in deployment["models"]}

    def latencies(self, variant):
        """Milliseconds by threads and images of a batch."""
        return {(entry["threads"], entry["batch_size"]): entry["milliseconds"]
                for entry in self.models[variant]["latency"]}

    def row(self):
        baseline, pruned = self.latencies("baseline"), self.latencies("pruned")
        gains = [f"{pruned[key]:.2f} ({baseline[key] / pruned[key]:.2f}x)" for key in order(pruned)]
        return [f"{self.scope}, {self.multiple}", *self.fixed("pruned"), *gains, self.accuracy("pruned")]

    def fixed(self, variant):
        model = self.models[variant]
        return [million(self.runs[variant]["macs"]), million(model["macs"]), f"{model['bytes'] / 1e6:.2f}"]

    def accuracy(self, variant):
        return f"{self.runs[variant]['top1']:.1f}"


def order(latencies):
    return sorted(latencies, key=lambda key: (key[1], key[0]))


def baseline_row(results):
    first = results[0]
    keys = order(first.latencies("baseline"))
    medians = [statistics.median(result.latencies("baseline")[key] for result in results) for key in keys]
    return [f"**{first.network}**", *first.fixed("baseline"), *(f"{value:.2f}" for value in medians),
            first.accuracy("baseline")]


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    found = [Result(path.parent) for path in sorted(pathlib.Path(sys.argv[1]).glob("deploying-*/deployment.json"))]
    if not found:
        sys.exit(f"deploying-table: {sys.argv[1]}: no deploying-*/deployment.json")
    keys = order(found[0].latencies("baseline"))
    threads = max(count for count, _ in keys)
    columns = [f"batch {batch}, {count} thread{'s' if count > 1 else ''}, ms" for count, batch in keys]
    print(f"{found[0].header}, threads at most {threads}\n")
    print("| scope, `round_to` | M MACs | of the file | MB | " + " | ".join(columns) + " | top-1, % |")
    print("| --- |" + " ---: |" * (len(columns) + 4))
    for network in NETWORKS:
        own = sorted((result for result in found if result.network == network),
                     key=lambda result: (result.scope, result.multiple))
        for row in [baseline_row(own), *(result.row() for result in own)] if own else []:
            print("| " + " | ".join(row) + " |")


if __name__ == "__main__":
    main()
