"""The model card: facts of the run, not known stays not known, words of the data cannot become markup."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import breakeven
from breakeven.core.errors import UsageError
from breakeven.core.words import say
from breakeven.interfaces import live
from breakeven.prices.power import machine_power
from breakeven.records.card import ModelCard, Section
from breakeven.records.evaluation import Confusion
from breakeven.records.machine import Machine
from breakeven.records.owned import Owned
from breakeven.records.quantity import Quantity
from breakeven.records.record import MessageRecord
from breakeven.stages.card import by_class, wilson
from breakeven.stages.card_costs import _licence, energy
from breakeven.stages.card_text import card_text
from tests.interfaces import build
from tests.road.projects import make_project

TITLES = ("What it is for", "Data", "Scores on the test rows", "Limits", "Cost", "Energy, estimated",
          "Pretrained weights")  # fmt: skip


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = make_project(tmp_path_factory.mktemp("card") / "texts")
    breakeven.run(found, only=("baseline",), language="zh")
    return found


def test_a_release_carries_its_card_in_the_language_of_the_run(project: Path) -> None:
    folder = project / ".breakeven" / "releases" / "1"
    names = {entry["path"] for entry in json.loads((folder / "release.json").read_text())["manifest"]}
    assert {"MODEL_CARD.md", "card.json"} <= names
    assert (folder / "MODEL_CARD.md").read_text(encoding="utf-8").startswith("# 模型卡：toy，发布 1\n")
    english = live.model_card(project, 1, "en")
    assert [line[3:] for line in english.splitlines() if line.startswith("## ")] == list(TITLES)
    assert live.model_card(project, 1, "zh") == (folder / "MODEL_CARD.md").read_text(encoding="utf-8")


def test_its_figures_are_those_of_the_record(project: Path) -> None:
    record = json.loads((project / ".breakeven" / "releases" / "1" / "release.json").read_text())
    page = live.model_card(project, 1, "en")
    assert record["dataset"] in page
    assert f"{record['test']['rows']} rows that nothing was tuned on" in page
    main = record["test"]["scores"][0]
    assert f"| {main['value']:.3f} | {main['low']:.3f} to {main['high']:.3f} |" in page
    assert record["inputs"]
    assert record["bill"]["seconds"] > 0
    for label in record["labels"]:
        assert f"\n| {label} | " in page


def test_a_release_without_a_card_says_so(project: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no release 7"):
        live.model_card(project, 7, "en")


def test_classes_by_hand() -> None:
    table = by_class(Confusion(labels=("a", "b", "c"), counts=((8, 2, 0), (0, 5, 0), (0, 0, 0))))
    assert [[str(cell) for cell in row[1:5]] for row in table[1:]] == [
        ["10", "0.8", "0.4902 to 0.9433", "1"], ["5", "1", "0.5655 to 1", "0.7143"],
        ["0", "not known", "", "not known"],
    ]  # fmt: skip
    assert wilson(0, 10)[0] == 0
    assert wilson(50, 100) == pytest.approx((0.4038, 0.5962), abs=1e-4)  # Wilson 1927, by hand


def test_energy_is_power_times_hours_and_unknown_stays_unknown() -> None:
    power = machine_power(Machine(name="here", cores=10, memory_bytes=1), Owned(pue=Quantity(value=2.0)))
    assert power is not None
    assert power.of_work(3600, 1)[1] == pytest.approx(3.76 * 10 * 2 / 1000)  # 37.6 W, doubled
    assert power.of_time(730, 0.5, 2)[1] == pytest.approx((0.74 + 0.5 * (3.76 - 0.74)) * 10 * 730 * 2 * 2 / 1000)
    assert machine_power(Machine(name="x", cores=4, memory_bytes=1, gpu="Unheard-of 9", gpus=1), Owned()) is None
    run = build.support_run()
    chosen = next(rung for rung in run.rungs if rung.measurement)
    assert chosen.measurement is not None
    remote = chosen.model_copy(update={"measurement": chosen.measurement.model_copy(update={"remote": True})})
    assert "Not known" in str(energy(remote, run.project)[0])


def test_the_licence_of_weights_is_read_or_not_known(tmp_path: Path) -> None:
    assert "MIT" in str(_licence("BAAI/bge-small-en-v1.5", tmp_path))
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    assert "not known" in str(_licence("mine", tmp_path))
    (folder / "README.md").write_text("---\nlanguage: en\nlicense: cc-by-nc-4.0\n---\n# Mine\n")
    assert "cc-by-nc-4.0" in str(_licence("mine", tmp_path))


def test_words_of_the_data_are_shown_and_not_read_as_markup() -> None:
    evil = MessageRecord.of(say("{name}", name="<img src=x> | a\n## b `c` [d](e)"))
    card = ModelCard(name="x", candidate="y", sections=(Section(title=evil, lines=(evil,), tables=(((evil,),),)),))
    page = card_text(card, 1, "now")
    assert "<img" not in page.replace("\\<img", "")
    assert [line for line in page.splitlines() if line.startswith("## ")] == [
        "## \\<img src=x\\> \\| a \\#\\# b \\`c\\` \\[d\\](e)"
    ]
