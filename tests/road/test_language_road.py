"""A project of running text from its file to a release that scores and writes."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

import breakeven
from breakeven.core.errors import ProjectError

PROJECT = """
[product]
name = "bard"
task = "language-model"

[data]
train = "plays.txt"
answer = "text"

[models]
only = ["baseline", "ngram"]
"""


def test_running_text_becomes_a_model_that_writes(tmp_path: Path) -> None:
    lines = "KING {}:\nWho comes here, and what brings you to the hall?\nLet all {} of you speak.\n"
    scenes = [lines.format(n % 7, n) * 12 + "\n" for n in range(60)]
    (tmp_path / "plays.txt").write_text("\n".join(scenes), encoding="utf-8")
    (tmp_path / "breakeven.toml").write_text(PROJECT, encoding="utf-8")
    run = breakeven.run(tmp_path, language="en")
    values = {rung.name: rung.evaluation.main.value for rung in run.rungs if rung.evaluation}
    assert run.choice is not None
    assert run.choice.name == "ngram"
    assert values["ngram"] < 0.5 < 3.0 < values["baseline"]
    assert run.release is not None
    assert [score.metric for score in run.release.test.scores] == ["bits_per_byte", "perplexity", "loss"]
    (tmp_path / "ask.txt").write_text("KING 3:\nWho comes", encoding="utf-8")
    assert breakeven.predict(tmp_path, tmp_path / "ask.txt", tmp_path / "out.csv") == 1
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        row = next(csv.DictReader(file))
    assert row["written"].startswith(" here, and what brings")
    assert 0.0 < float(row["bits_per_byte"]) < values["baseline"]


ASKED = """
[product]
name = "desk"
task = "language-model"

[data]
train = "asked.csv"
input = "question"
answer = "reply"

[models]
only = ["baseline", "ngram"]
"""


def test_written_answers_of_the_release_are_held_against_those_of_people(tmp_path: Path) -> None:
    replies = {"opening": "From nine to five.", "refund": "Refunds take five days.", "parcel": "It comes tomorrow."}
    with (tmp_path / "asked.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["question", "reply"])
        for number in range(120):
            kind = list(replies)[number % 3]
            writer.writerow([f"{number} please tell me about the {kind}", replies[kind]])
    (tmp_path / "breakeven.toml").write_text(ASKED, encoding="utf-8")
    run = breakeven.run(tmp_path, language="en")
    assert run.release is not None
    scores = {score.metric: score for score in run.release.test.scores}
    assert run.release.candidate == "ngram"
    exact, chrf = scores["exact_match"], scores["chrf"]
    assert exact.value is not None
    assert chrf.value is not None
    assert exact.value > 0.5, "the n-grams before the reply tell which one it is"
    assert exact.value <= chrf.value <= 1.0
    chosen = next(rung for rung in run.rungs if rung.name == "ngram")
    assert chosen.evaluation is not None
    assert [score.metric for score in chosen.evaluation.scores] == ["bits_per_byte", "perplexity", "loss"]
    (tmp_path / "breakeven.toml").write_text(f'{ASKED}[target]\nmetric = "chrf"\n', encoding="utf-8")
    with pytest.raises(ProjectError, match="cannot be a target"):
        breakeven.run(tmp_path)
