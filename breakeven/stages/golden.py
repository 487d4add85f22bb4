"""Golden rows: a few real inputs and the answers that a release gave when it was made.

A release may serve only where it gives the same answers again: that finds a damaged file, another version of a
library and another kind of processor before a client does. Answers are asked for in a process of their own.
"""

from __future__ import annotations

import json
import math
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from breakeven.core.errors import ModelError
from breakeven.core.words import say
from breakeven.engines import ENGINES
from breakeven.records.job import Job, Limits
from breakeven.records.record import digest_of

if TYPE_CHECKING:
    import pyarrow as pa

QUESTIONS, ANSWERS = "golden.jsonl", "golden_answers.jsonl"
ROWS = 8
TOLERANCE = 1e-5
"""Scores may differ by so much between processors; a label may not."""
SECONDS = 120.0


def write_golden(folder: Path, artifact: Path, rows: pa.Table) -> int:
    """Write golden rows and their answers into a release's folder; returns how many. Raises ModelError."""
    step = max(1, rows.num_rows // ROWS)
    chosen = rows.take(list(range(0, rows.num_rows, step))[:ROWS])
    lines = [json.dumps(row, ensure_ascii=False) for row in chosen.to_pylist()]
    (folder / QUESTIONS).write_text("\n".join(lines) + "\n", encoding="utf-8")
    answer_file(artifact, folder / QUESTIONS, folder / ANSWERS)
    return len(lines)


def check_golden(folder: Path, artifact: Path) -> None:
    """Ask a release its golden rows again, in a child. Raises ModelError when an answer is another one."""
    with tempfile.TemporaryDirectory() as place:
        again = Path(place) / ANSWERS
        answer_file(artifact, folder / QUESTIONS, again)
        for number, (then, now) in enumerate(zip(_rows(folder / ANSWERS), _rows(again), strict=True), 1):
            if not same_answer(then, now):
                raise ModelError(
                    say("the release does not give its golden answers again"),
                    say("{file}, row {row}", file=str(folder / ANSWERS), row=number),
                    say("it was made with other libraries, or a file is damaged: make it anew with \"breakeven run\""),
                )


def answer_file(artifact: Path, source: Path, target: Path) -> None:
    """Let a worker answer a file. Raises ModelError when it cannot."""
    with tempfile.TemporaryDirectory() as folder:
        job = Job(
            kind="predict",
            digest=digest_of(str(source), str(target)),
            folder=folder,
            limits=Limits(seconds=SECONDS, bytes=1 << 40),
            artifact=str(artifact),
            source=str(source),
            target=str(target),
        )
        result = ENGINES.get("local").run(job, lambda step: None)
    if result.outcome != "done":
        reason = result.reason.message() if result.reason else say("the worker ended without a result")
        raise ModelError(reason, str(artifact), say('make it again with "breakeven run"'))


def same_answer(then: dict[str, Any], now: dict[str, Any]) -> bool:
    """Whether two answers agree: numbers within the tolerance, all else exactly."""
    return then.keys() == now.keys() and all(_same(then[name], now[name]) for name in then)


def _same(then: Any, now: Any) -> bool:
    if isinstance(then, float) and isinstance(now, int | float):
        return math.isclose(then, now, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return bool(then == now)


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
