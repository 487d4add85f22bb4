"""Traces of training, brought from the folders of jobs into that of the run."""

from __future__ import annotations

import shutil
from pathlib import Path

from breakeven.records.job import PROFILE
from breakeven.records.run import Rung
from breakeven.store import Store, new_file


def keep_profiles(store: Store, rungs: tuple[Rung, ...], run: str) -> tuple[str, ...]:
    """Copy the traces of the trained rungs into the run's folder; their paths, none where none were made."""
    kept = []
    for rung in rungs:
        traces = sorted((store.folder / rung.folder / PROFILE).glob("*.json")) if rung.folder else []
        for trace in traces:
            kept.append(store.run_folder(run) / PROFILE / f"{rung.name}-{trace.name}")
            _copy(trace, kept[-1])
    return tuple(map(str, kept))


def _copy(source: Path, target: Path) -> None:
    with new_file(target) as temporary:
        shutil.copyfile(source, temporary)
