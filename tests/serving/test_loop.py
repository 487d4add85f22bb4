"""The loop: what serving measures goes back into the plan, the labels and the next training."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from breakeven import planning
from breakeven.core.figure import Provenance
from breakeven.core.units import unit
from breakeven.monitoring.demand import DAYS_A_MONTH
from breakeven.serving.traffic_place import FOLDER
from breakeven.store import Store
from tests.monitoring.logs import write_days
from tests.road.projects import command
from tests.serving.servers import copy_of


def test_replan_takes_the_traffic_for_the_guess_and_says_what_moved(tmp_path: Path, released: Path) -> None:
    project = _paying(tmp_path, released)
    before = planning.replan(project)
    assert before.traffic is None
    write_days(Store(project), [round(400 * 1.3 ** (day / DAYS_A_MONTH)) for day in range(30)], datetime.now(UTC),
               truths=5)  # fmt: skip
    found = planning.replan(project)
    by_name = {one.new.name: one for one in found.replaced}
    asked = by_name["requests a month"]
    assert (asked.old.provenance, asked.new.provenance) == (Provenance.ASSUMED, Provenance.MEASURED)
    assert asked.old.value == 1_000
    assert 11_000 < asked.new.value < 17_000
    assert asked.new.low < asked.new.value < asked.new.high
    assert 0.25 < by_name["growth a month"].new.value < 0.35
    assert asked.break_even_month < found.old_break_even_month, "it earns more than was guessed"
    assert found.traffic.accuracy.value == pytest.approx(0.8)
    assert unit(found.traffic.usd_per_1k.unit) == unit("usd/1k request")
    assert found.new_break_even.p10 <= found.new_break_even_month <= found.new_break_even.p90
    for language, word in (("en", "What moves the break-even month"), ("zh", "单独使盈亏平衡月份变动的")):
        said = command("replan", project, "--language", language)
        assert said.returncode == 0, said.stderr
        assert word in said.stdout
    assert planning.replan(project, days=0).traffic is None


def _paying(folder: Path, released: Path) -> Path:
    """A released project with a price for its answers, and people to pay."""
    project = copy_of(released, folder / "paying")
    shutil.rmtree(project / ".breakeven" / FOLDER, ignore_errors=True)
    with (project / "breakeven.toml").open("a", encoding="utf-8") as text:
        text.write('[demand]\nrequests_per_month = 1000\ngrowth_per_month = "10%..30%"\nprice_per_1k_requests = 40.0\n'
                   '[capital]\ncash_usd = 50000\n[[team]]\nrole = "one"\nsalary_usd_per_year = 6000\n')  # fmt: skip
    return project
