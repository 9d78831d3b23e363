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


def of_groups(nodes, scope, scores):
    """Every set of channels that goes together, by layer, with the mean of the scores that it has."""
    found = []
    for atoms in groups(nodes, scope):
        members, own = {}, []
        for index, channel in atoms:
            layer = nodes[index].layer
            members.setdefault(layer, []).append(channel)
            if layer in scores:
                own.append(scores[layer][channel])
        score = sum(own) / len(own) if own else None
        found.append({"group": next(iter(members)), "channels": members, "score": score})
    return found
