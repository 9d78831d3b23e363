"""Scores of channels from their relevance (arXiv 2002.09958, section III)."""

import torch

from channels import groups
from relevance import SMALL


def class_scales(logits, labels):
    """Accuracy of each class, and sigmoid(best accuracy / accuracy), 1 where none is right."""
    right = logits.argmax(dim=1) == labels
    accuracy = torch.stack([right[labels == c].double().mean() for c in range(logits.shape[1])])
    return accuracy, torch.where(accuracy == 0, 1.0, torch.sigmoid(accuracy.max() / accuracy))


def of_layers(relevances, labels, scale):
    """|mean over classes of scale * mean over the class's images|, over the layer's L2 norm."""
    found = {}
    for layer, relevance in relevances.items():
        if not relevance.isfinite().all():
            raise ValueError(f"relevance of {layer} is not finite")
        by_class = torch.stack([relevance[labels == c].mean(dim=0) for c in range(len(scale))])
        score = (scale[:, None] * by_class).mean(dim=0).abs()
        found[layer] = (score / (score.norm() + SMALL)).tolist()
    return found


def of_groups(nodes, scores):
    """Channels that are removed together: the group's name, which is the first layer's that makes them,
    the channels by layer, and the mean of the scores that they have.

    `groups` and `streams`, as ``groups(nodes)`` tells them apart. The layers that start a stream are
    not scored: a stream has the mean of its branches' scores.
    """

    def by_layer(atoms):
        members = {}
        for index, channel in atoms:
            members.setdefault(nodes[index].layer, []).append(channel)
        return members

    def mean(atoms):
        own = [scores[nodes[i].layer][channel] for i, channel in atoms if nodes[i].layer in scores]
        return sum(own) / len(own) if own else None

    def name(atoms):
        return nodes[atoms[0][0]].layer

    alone, streams = groups(nodes)
    return {
        "groups": [{"group": name(atoms), "channels": by_layer(atoms), "score": mean(atoms)} for atoms in alone],
        "streams": [
            {"group": name(own), "channels": by_layer(own), "branches": by_layer(followers), "score": mean(followers)}
            for own, followers in streams
        ],
    }
