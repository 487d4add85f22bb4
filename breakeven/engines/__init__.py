"""Where a worker runs, one engine a file; `engine.py` is the contract."""

from breakeven.core.registry import Registry

ENGINES = Registry("breakeven.engines", "ENGINE")
