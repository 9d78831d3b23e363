"""Trains the baseline of experiments/short/resnet20-criteria.yaml in PyTorch, on the same images.

usage: torch_accuracy.py FOLDER [--seed 0] [--threads 2]

FOLDER has CIFAR-10 in its binary version. Recipe and initial distributions are those of the experiment, random numbers
are PyTorch's. Prints the test accuracy after each epoch: an independent measure of what these images, this network and
this recipe give.
"""
import argparse, pathlib, time
import numpy, torch, torch.nn as nn, torch.nn.functional as F
from torch_reference import build

MEAN, DEVIATION = (0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010)
EPOCHS, MILESTONES, BATCH = 15, [8, 12], 128

def load(folder, names, padding=0):
    records = numpy.concatenate([numpy.fromfile(folder / name, numpy.uint8).reshape(-1, 3073) for name in names])
    images = F.pad(torch.from_numpy(records[:, 1:].reshape(-1, 3, 32, 32)), (padding,) * 4)  # with black
    images = (images.float() / 255 - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(DEVIATION).view(3, 1, 1)
    return images, torch.from_numpy(records[:, 0].astype(numpy.int64))

def cropped(padded):
    """A random 32x32 part of each padded 40x40 image, flipped in half of the cases."""
    count = len(padded)
    rows = torch.randint(0, 9, (count, 1)) + torch.arange(32)
    columns = torch.randint(0, 9, (count, 1)) + torch.arange(32)
    columns = torch.where(torch.rand(count, 1) < 0.5, columns.flip(1), columns)
    return padded[torch.arange(count)[:, None, None, None], torch.arange(3)[None, :, None, None],
                  rows[:, None, :, None], columns[:, None, None, :]]

def initialize(network):
    for module in network.modules():
        if isinstance(module, nn.Conv2d): nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

def accuracy(network, images, labels):
    network.eval()
    with torch.inference_mode():
        right = sum((network(part).argmax(1) == target).sum().item()
                    for part, target in zip(images.split(500), labels.split(500)))
    network.train()
    return 100 * right / len(images)

def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    padded, labels = load(options.folder, [f"data_batch_{number}.bin" for number in range(1, 6)], padding=4)
    test_images, test_labels = load(options.folder, ["test_batch.bin"])
    network = build("resnet20")
    initialize(network)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4)
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimizer, MILESTONES, gamma=0.1)
    for epoch in range(1, EPOCHS + 1):
        start = time.perf_counter()
        for batch in torch.randperm(len(padded)).split(BATCH):
            optimizer.zero_grad()
            F.cross_entropy(network(cropped(padded[batch])), labels[batch]).backward()
            optimizer.step()
        schedule.step()
        seconds = time.perf_counter() - start
        print(f"epoch {epoch}: {accuracy(network, test_images, test_labels):.2f} %, {seconds:.0f} s", flush=True)

main()
