"""All that is known of what comes in, one file each; `input.py` is the contract, `views.py` how models read inputs."""

from breakeven.core.registry import Registry

INPUTS = Registry("breakeven.inputs", "INPUT")
