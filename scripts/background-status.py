"""Shows the progress of the trainings in a background folder; `scripts/background.sh status` calls it.

usage: background-status.py FOLDER

The trainings and their completed epochs come from `espalier plan` for the folder's queue; accuracies and seconds come from
the progress that the runs wrote.
"""
import json
import pathlib
import subprocess
import sys


def trainings(folder):
    """Every training once, in the order of the queue: dictionaries of its key, experiments, seed, variant and epochs."""
    found = {}
    for line in (folder / "queue.txt").read_text().splitlines():
        arguments = line.split()
        if not arguments or arguments[0].startswith("#"):
            continue
        command = ["./espalier", "plan", *arguments, "--results", "results", "--no-calibration", "--format", "json"]
        plan = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, check=True)
        for experiment in json.loads(plan.stdout):
            keys = [next(stage["key"] for stage in run["stages"] if "key" in stage) for run in experiment["runs"]]
            baselines = {run["seed"]: key for run, key in zip(experiment["runs"], keys) if run["variant"] == "baseline"}
            for run, key in zip(experiment["runs"], keys):
                training = found.setdefault(key, {**run, "names": [], "baseline": baselines.get(run["seed"])})
                training["names"].append((experiment["experiment"], run["variant"], run["seed"]))
    return found


def histories(folder):
    """By experiment, variant and seed: what the progress says of each epoch."""
    found, current = {}, {}
    path = folder / "progress.jsonl"
    for line in path.read_text(errors="replace").splitlines() if path.exists() else []:
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if event.get("event") == "run_started":
            current = found.setdefault((event["experiment"], event["variant"], event["seed"]), {})
        elif event.get("event") == "epoch_ended":
            current[event["epoch"]] = event
    return found


def duration(seconds):
    return f"{seconds / 3600:.1f} h" if seconds >= 3600 else f"{seconds / 60:.0f} min"


def rows(trainings, histories):
    """A row of text for each training."""
    history = {
        key: {epoch: event for name in training["names"] for epoch, event in histories.get(name, {}).items()}
        for key, training in trainings.items()
    }
    for key, training in trainings.items():
        done, epochs = training["epochs_done"], training["epochs"]
        own, baseline = history[key].get(done, {}), history.get(training["baseline"], {}).get(done, {})
        seconds = [event["seconds"] for epoch, event in sorted(history[key].items()) if epoch <= done][-5:]
        mean = sum(seconds) / len(seconds) if seconds else None
        accuracy, other = own.get("test_top1"), baseline.get("test_top1")
        yield [
            training["names"][0][0], str(training["seed"]), training["variant"], f"{done}/{epochs}",
            "" if accuracy is None else f"{accuracy:.2f}",
            "" if other is None or training["variant"] == "baseline" else f"{other:.2f}",
            "" if mean is None else f"{mean:.1f}",
            "done" if done >= epochs else duration(mean * (epochs - done)) if mean else "not begun",
        ]


def main(folder):
    header = ["experiment", "seed", "variant", "epochs", "top-1, %", "baseline's", "s/epoch", "left"]
    table = [header, *rows(trainings(folder), histories(folder))]
    widths = [max(len(row[column]) for row in table) for column in range(len(header))]
    for row in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
    print("\nbaseline's: the baseline's accuracy after as many epochs; s/epoch: of the last five, training alone")


main(pathlib.Path(sys.argv[1]))
