"""The plan as a spreadsheet with live formulas: who changes an assumption sees everything that follows from it.

Four sheets: what it comes to, the months, the assumptions, and the workings between them. Every number stands with its
value beside its formula, so that a viewer that does not calculate shows it too. Nothing of the user can become a
formula: texts are written as texts.
"""

from __future__ import annotations

from pathlib import Path

from breakeven.interfaces.words import Voice
from breakeven.records.plan import Plan
from breakeven.store import write_bytes


def write_spreadsheet(plan: Plan, product: str, out: Path, language: str) -> Path:
    """Write the plan of a product as an .xlsx file in a language and return its path. Raises StorageError."""
    from breakeven.interfaces.spreadsheet.workbook import workbook

    write_bytes(out, workbook(plan, product, Voice(language)))
    return out
