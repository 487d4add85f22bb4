"""breakeven: what to build, what it costs, and when it pays — from one project file."""

from __future__ import annotations

__version__ = "0.1.0"
