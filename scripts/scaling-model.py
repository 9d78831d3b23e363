#!/usr/bin/env python3
"""Predicts training with several nodes from one node's images/s: the tables of docs/scaling.md.

A step of a batch B on N nodes takes the shard's computation, and three messages that all nodes wait for:

    t(N) = c(B / N) + 2 L (N - 1) + 2 (N - 1) / N * 4 P / W + 4 P / M

c(b): computation of b images, B / (N r); r: images/s of a node. L: latency of a message, which a process pays for each other one in
the exchange and in the gather of the sums (N - 1 each). P: parameters and running statistics, four bytes each, sent and
received twice but for a node's own part. W: bytes/s of the network. M: bytes/s at which vectors are copied and added.
"""

BATCH = 256
# Images/s of a node in training (docs/performance.md: two cores of an AMD EPYC, for ResNet-50 of an
# Intel Xeon), and parameters with running statistics.
NETWORKS = {
    "ResNet-56, 32x32": (505.0, 0.86e6),
    "VGG-16, 32x32": (237.0, 15.00e6),
    "ResNet-50, 224x224": (5.4, 25.61e6),
}
# Bytes/s at nine tenths of the line, and latency: kernel sockets, and a network that bypasses the
# kernel.
LINKS = {"10 Gbit/s": (0.9 * 10e9 / 8, 30e-6), "100 Gbit/s": (0.9 * 100e9 / 8, 3e-6)}
MEMORY = 2e9
NODES = [2, 4, 8, 16, 32, 64]


def step(nodes, rate, parameters, bandwidth, latency):
    computation = BATCH / nodes / rate
    exchange = 2 * latency * (nodes - 1) + 2 * (nodes - 1) / nodes * 4 * parameters / bandwidth
    return computation, exchange + 4 * parameters / MEMORY


print("| network | link | " + " | ".join(f"{nodes} nodes" for nodes in NODES) + " |")
print("| --- | --- |" + " --- |" * len(NODES))
for name, (rate, parameters) in NETWORKS.items():
    for link, (bandwidth, latency) in LINKS.items():
        cells = []
        for nodes in NODES:
            speed = BATCH / sum(step(nodes, rate, parameters, bandwidth, latency))
            cells.append(f"{speed / rate:.1f}x, {100 * speed / rate / nodes:.0f} %")
        print(f"| {name} | {link} | " + " | ".join(cells) + " |")
