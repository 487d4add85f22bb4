"""All weights of a pretrained model trained further."""

from __future__ import annotations

from breakeven.models.model import Trained, Work
from breakeven.models.nn.tuned_release import train_tuned
from breakeven.models.nn.tuning import Method, Recipe


def train_finetune(work: Work) -> Trained:
    """Raises Declined where weights, memory or time do not suffice."""
    return train_tuned(work, Method(Recipe()))
