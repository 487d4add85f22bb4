"""A tour in seconds: from a few rows to a released model, its answers and a plan."""

from __future__ import annotations

from pathlib import Path

import breakeven
from breakeven.inputs.reader import read_table
from tests.road.projects import make_project


def test_from_rows_to_a_release_and_a_plan(tmp_path: Path) -> None:
    project = make_project(tmp_path / "toy")
    run = breakeven.run(project)
    assert run.outcome == "released"
    assert [rung.name for rung in run.rungs][:2] == ["baseline", "linear"]
    assert run.release is not None
    assert (run.release.test.main.value or 0) > 0.7
    assert run.plan is not None
    assert len(run.plan.months) == 36
    assert Path(project / ".breakeven" / "runs" / run.id / "report.html").stat().st_size < 1_000_000
    rows = breakeven.predict(project, project / "rows.csv", tmp_path / "answers.csv")
    answers = read_table(tmp_path / "answers.csv")
    assert rows == answers.num_rows == 240
    right = [a == b for a, b in zip(answers["label"].to_pylist(), answers["answer"].to_pylist(), strict=True)]
    assert sum(right) / len(right) > 0.9
