"""What the audit looks for, one file each; `check.py` is the contract."""

from breakeven.core.registry import Registry

CHECKS = Registry("breakeven.checks", "CHECK")
