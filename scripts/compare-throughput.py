"""Compares the throughput of Espalier and PyTorch: a table with ratios, for docs/performance.md.

usage: compare-throughput.py ESPALIER PYTHON [CASE ...] [--rounds 5] [--seconds 2] [--threads 2] [--batch 128]

ESPALIER is the program, PYTHON an interpreter with PyTorch. They are measured in turns, with a fresh process for each
measurement; results are medians of the rounds, and for PyTorch of the faster of its two memory layouts.
The ratio is to the faster of PyTorch in float32 and under autocast to bfloat16. --float32 leaves bfloat16 out, which is
slow on processors without instructions for it.
"""
import argparse, json, pathlib, statistics, subprocess

TRAIN = ["resnet20", "resnet56", "resnet20:inner=0.5", "resnet56:inner=0.5", "vgg16", "vgg16:0.6", "mobilenet_v2", "densenet"]
INFER = ["resnet20", "resnet56", "vgg16"]


def lines(command):
    text = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return [json.loads(line) for line in text.splitlines()]


def processor():
    for line in open("/proc/cpuinfo"):
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return "unknown processor"


def rate(value):
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("espalier")
    parser.add_argument("python")
    parser.add_argument("cases", nargs="*", help="default: the table's of docs/performance.md")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--float32", action="store_true", help="PyTorch in float32 alone")
    options = parser.parse_args()
    precisions = [[]] if options.float32 else [[], ["--bf16"]]
    same = ["--threads", str(options.threads), "--batch", str(options.batch), "--seconds", str(options.seconds)]
    reference = str(pathlib.Path(__file__).with_name("torch_reference.py"))
    print(processor(), f"{options.threads} threads, batch {options.batch}, medians of {options.rounds} rounds", sep=", ")
    print()
    print("| case | mode | Espalier, images/s | PyTorch float32 | PyTorch bfloat16 | ratio | memory, MiB | PyTorch's | ratio |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |", flush=True)
    for mode, cases in (("train", options.cases or TRAIN), ("infer", options.cases or INFER)):
        for case in cases:
            ours, theirs = [], [[] for _ in precisions]
            for _ in range(options.rounds):
                ours += lines([options.espalier, "bench", case, "--mode", mode, "--format", "json", *same])
                for runs, precision in zip(theirs, precisions):
                    infer = ["--infer"] if mode == "infer" else []
                    runs.append(lines([options.python, reference, case, *same, *infer, *precision]))
            speed = statistics.median(run["images_per_s"] for run in ours)
            peers = [
                max(statistics.median(run["images_per_s"] for run in layout) for layout in zip(*runs)) for runs in theirs
            ]
            memory = statistics.median(run["peak_rss_mib"] for run in ours)
            # The process measures the planar layout first, so that its peak then is that layout's
            # alone.
            fastest = theirs[peers.index(max(peers))]
            peer_memory = statistics.median(runs[0]["peak_rss_mib"] for runs in fastest)
            bf16 = rate(peers[1]) if len(peers) > 1 else ""
            print(
                f"| {case} | {mode} | {rate(speed)} | {rate(peers[0])} | {bf16} | {speed / max(peers):.2f} "
                f"| {memory:.0f} | {peer_memory:.0f} | {memory / peer_memory:.2f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
