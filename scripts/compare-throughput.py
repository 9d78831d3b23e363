"""Compares the throughput of Espalier and PyTorch: a table with ratios, for docs/performance.md.

usage: compare-throughput.py ESPALIER PYTHON [CASE ...] [--rounds 5] [--seconds 2] [--threads 2] [--batch 128]

ESPALIER is the program, PYTHON an interpreter with PyTorch. They are measured in turns, with a fresh process for each
measurement; results are medians of the rounds, and for PyTorch of the faster of its two memory layouts.
Both are measured in float32 and in bfloat16, where PyTorch uses autocast; speed and memory are compared in the faster
precision of each. --float32 leaves bfloat16 out, which is no faster on processors without instructions for it.
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


def fastest(rounds):
    """Images per second of the faster layout, each the median of the rounds."""
    return max(statistics.median(run["images_per_s"] for run in layout) for layout in zip(*rounds))


def resident(rounds):
    # A process measures PyTorch's planar layout first, so that its peak then is that layout's
    # alone.
    return statistics.median(runs[0]["peak_rss_mib"] for runs in rounds)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("espalier")
    parser.add_argument("python")
    parser.add_argument("cases", nargs="*", help="default: the table's of docs/performance.md")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--float32", action="store_true", help="both in float32 alone")
    options = parser.parse_args()
    precisions = ["float32"] if options.float32 else ["float32", "bfloat16"]
    same = ["--threads", str(options.threads), "--batch", str(options.batch), "--seconds", str(options.seconds)]
    reference = str(pathlib.Path(__file__).with_name("torch_reference.py"))
    print(processor(), f"{options.threads} threads, batch {options.batch}, medians of {options.rounds} rounds", sep=", ")
    print()
    columns = [f"{program} {precision}" for program in ("Espalier", "PyTorch") for precision in precisions]
    print("| case | mode |", " | ".join(columns), "| ratio | memory, MiB | PyTorch's | ratio |")
    print("| --- " * (len(columns) + 6) + "|", flush=True)
    for mode, cases in (("train", options.cases or TRAIN), ("infer", options.cases or INFER)):
        for case in cases:
            # For each precision the runs of each round: one of Espalier, one in each layout of
            # PyTorch.
            ours, theirs = [[] for _ in precisions], [[] for _ in precisions]
            for _ in range(options.rounds):
                for own, peer, precision in zip(ours, theirs, precisions):
                    own.append(
                        lines(
                            [options.espalier, "bench", case, "--mode", mode, "--precision", precision]
                            + ["--format", "json", *same]
                        )
                    )
                    flags = (["--infer"] if mode == "infer" else []) + (["--bf16"] if precision == "bfloat16" else [])
                    peer.append(lines([options.python, reference, case, *same, *flags]))
            speeds, peers = [[fastest(runs) for runs in program] for program in (ours, theirs)]
            speed, peer = max(speeds), max(peers)
            memory = resident(ours[speeds.index(speed)])
            peer_memory = resident(theirs[peers.index(peer)])
            print(
                f"| {case} | {mode} |", " | ".join(rate(value) for value in speeds + peers), f"| {speed / peer:.2f} "
                f"| {memory:.0f} | {peer_memory:.0f} | {memory / peer_memory:.2f} |", flush=True,
            )


if __name__ == "__main__":
    main()
