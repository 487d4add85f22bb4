"""The rungs of the ladder, one family a file; `model.py` is the contract."""

from breakeven.core.registry import Registry

MODELS = Registry("breakeven.models", "MODEL")
