"""All that is known of what goes out, one file each: coding and metrics; `output.py` is the contract."""

from breakeven.core.registry import Registry

OUTPUTS = Registry("breakeven.outputs", "OUTPUT")
