"""The blend: it mixes what errs differently, and declines where mixing does not pay."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from breakeven.models.baseline import MODEL as BASELINE
from breakeven.models.blend import MODEL
from breakeven.models.boosted import MODEL as BOOSTED
from breakeven.models.model import Declined, Member, Model, Work
from tests.models.table_work import artifact_of, cells, make_work


def half_tables(rows: int = 1500) -> tuple[pa.Table, list[str]]:
    """The answer needs two columns, of which each member will see one."""
    random = np.random.default_rng(0)
    left, right = random.normal(size=rows), random.normal(size=rows)
    likely = 1 / (1 + np.exp(-2 * (left + right)))
    answers = [("no", "yes")[int(yes)] for yes in random.random(rows) < likely]
    return pa.table({"left": cells(left.round(3)), "right": cells(right.round(3))}), answers


def member(model: Model, name: str, work: Work, folder: Path, column: str | None = None) -> Member:
    """A family trained on one column (the other one is emptied, as a member must take all columns)."""
    rows = work.rows
    if column:
        other = next(n for n in rows.column_names if n != column)
        rows = rows.set_column(rows.column_names.index(other), other, pa.nulls(rows.num_rows, pa.large_string()))
    own = replace(work, rows=rows, artifact=folder / name)
    own.artifact.mkdir()
    trained = model.train(own)
    (own.artifact / "artifact.json").write_text(artifact_of(own, model.tag).model_dump_json())
    return Member(name, own.artifact, trained.predictions)


@pytest.fixture
def work(tmp_path: Path) -> Work:
    return make_work(*half_tables(), tmp_path / "artifact")


def test_models_that_err_differently_are_mixed(work: Work, tmp_path: Path) -> None:
    work.members = tuple(member(BOOSTED, name, work, tmp_path, name) for name in ("left", "right"))
    trained = MODEL.train(work)
    loss = float(work.output.loss(work.target, trained.predictions).mean())
    assert loss < min(float(work.output.loss(work.target, m.predictions).mean()) for m in work.members)
    weights = json.loads((work.artifact / "blend.json").read_text())
    assert sum(weights.values()) == pytest.approx(1)
    assert min(weights.values()) > 0.2


def test_it_answers_with_the_weighted_average_of_copies(work: Work, tmp_path: Path) -> None:
    work.members = tuple(member(BOOSTED, name, work, tmp_path, name) for name in ("left", "right"))
    MODEL.train(work)
    weights = json.loads((work.artifact / "blend.json").read_text())
    parts = [BOOSTED.load(m.artifact, artifact_of(work, "boosted/1")).predict(work.rows) for m in work.members]
    expected = sum(weights[m.name] * part for m, part in zip(work.members, parts, strict=True))
    for original in work.members:
        for file in original.artifact.iterdir():
            file.unlink()  # the blend has its own copies
    found = MODEL.load(work.artifact, artifact_of(work, "blend/1")).predict(work.rows)
    np.testing.assert_allclose(found, expected)


def test_it_declines_where_one_is_as_good_alone(work: Work, tmp_path: Path) -> None:
    work.members = (member(BASELINE, "baseline", work, tmp_path), member(BOOSTED, "boosted", work, tmp_path))
    with pytest.raises(Declined, match="no better than boosted alone"):
        MODEL.train(work)
    assert not list(work.artifact.iterdir())


def test_it_declines_a_single_member(work: Work, tmp_path: Path) -> None:
    work.members = (member(BASELINE, "baseline", work, tmp_path),)
    with pytest.raises(Declined, match="nothing to mix"):
        MODEL.train(work)


def test_copies_of_one_model_gain_nothing(work: Work, tmp_path: Path) -> None:
    one = member(BOOSTED, "one", work, tmp_path)
    work.members = (one, replace(one, name="two"))
    with pytest.raises(Declined, match="no better"):
        MODEL.train(work)
