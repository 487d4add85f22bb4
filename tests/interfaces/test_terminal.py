"""What people see in a terminal, live and at the end."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from breakeven.core.words import say
from breakeven.engines.engine import Progress
from breakeven.interfaces.terminal.ladder import left_lines
from breakeven.interfaces.terminal.live import LiveWatcher, PlainWatcher, watching
from breakeven.interfaces.terminal.screen import Screen
from breakeven.interfaces.terminal.text import safe, shortened
from breakeven.interfaces.words import Voice
from breakeven.records.forecast import Forecast
from breakeven.records.job import Bill, Result
from breakeven.stages.foreseen import forecast_of
from breakeven.stages.watch import Watcher
from tests.interfaces import build


def screen(language: str = "en") -> tuple[Screen, StringIO]:
    out = StringIO()
    return Screen(Voice(language), Console(file=out, width=140, markup=False, highlight=False)), out


def test_a_run_is_told_answer_first() -> None:
    shown, out = screen()
    shown.run(build.support_run())
    text = out.getvalue()
    assert text.startswith("Ship linear.")
    assert "0.863 on 200 test rows" in text
    assert "$74.00 a month at 200,000 requests a month" in text
    assert "The plan breaks even from month 12 on" in text
    assert "▶ linear" in text
    assert "encoder: does not take part: it needs at least 5,000 rows" in text
    assert "breakeven predict" in text


def test_a_run_is_told_in_chinese() -> None:
    shown, out = screen("zh")
    shown.run(build.support_run())
    assert out.getvalue().startswith("发布 linear。")
    assert "候选模型" in out.getvalue()


@pytest.mark.parametrize("make", [build.missed_run, build.stopped_run, build.many_classes_run, build.number_run])
def test_other_runs_are_told_too(make: object) -> None:
    shown, out = screen()
    shown.run(make())  # type: ignore[operator]
    assert len(out.getvalue().splitlines()) > 8


def test_findings_come_worst_first_with_rows_and_hints() -> None:
    shown, out = screen()
    shown.audit(build.audit("blocking"))
    lines = out.getvalue().splitlines()
    assert lines[0] == "blocking: 12 rows stand in more than one part of the data"
    assert lines[1] == "  at messages.csv, rows 17, 230, 1544 … (12 in all)"
    assert lines[2] == "  hint: keep each row in one part only"
    assert "Mend what is blocking" in lines[-1]


def test_control_characters_never_reach_the_terminal_and_brackets_are_no_markup() -> None:
    shown, out = screen()
    shown.audit(build.audit())
    assert "\x1b" not in out.getvalue()
    assert "[bold]brackets[/bold]" in out.getvalue()
    assert safe("a\x1b[31m\u202eb\n") == "a\ufffd[31m\ufffdb\n"


def test_long_text_is_cut_on_one_line() -> None:
    assert shortened("a\n b", 10) == "a b"
    assert shortened("abcdef", 4) == "abc…"


def climb(watcher: Watcher) -> None:
    watcher.stage(say("climbing the ladder"))
    watcher.rung_begins("linear", 60.0)
    watcher.rung_goes("linear", Progress(share=0.5, score=0.81, seconds=3.0, bytes=1), 0.001, 50.0)
    watcher.rung_ends(build.rung("linear", 0.87), 0.002, 40.0)
    watcher.rung_ends(build.refused("encoder"), 0.002, 40.0)


def test_a_pipe_gets_plain_lines() -> None:
    out = StringIO()
    with watching(Voice("en"), Console(file=out, width=100), quiet=False) as watcher:
        assert isinstance(watcher, PlainWatcher)
        assert not isinstance(watcher, LiveWatcher)
        climb(watcher)
    assert out.getvalue().splitlines() == [
        "climbing the ladder",
        "linear: begins, 1 min at most",
        "linear: macro_f1 0.870, trained in 5 sec; spent $0.0020, 40 sec left",
    ]


def test_a_terminal_gets_a_live_ladder() -> None:
    out = StringIO()
    with watching(Voice("zh"), Console(file=out, width=100, force_terminal=True), quiet=False) as watcher:
        assert isinstance(watcher, LiveWatcher)
        climb(watcher)
        still = StringIO()
        Console(file=still, width=100).print(watcher.picture())
    assert "0.870" in still.getvalue()
    assert "0.850–0.890" in still.getvalue()
    assert "剩余 40秒" in still.getvalue()


def test_json_output_has_no_progress() -> None:
    out = StringIO()
    with watching(Voice("en"), Console(file=out, force_terminal=True), quiet=True) as watcher:
        climb(watcher)
    assert out.getvalue() == ""


def test_init_names_the_files_and_the_next_step(tmp_path: Path) -> None:
    shown, out = screen()
    shown.made(Path("desk"), [Path("desk/breakeven.toml"), Path("desk/messages.csv")])
    assert "breakeven run desk" in out.getvalue()


def test_rungs_with_the_same_reason_share_a_line() -> None:
    run = build.support_run()
    run = run.model_copy(update={"rungs": (*run.rungs, build.refused("lora"), build.refused("finetune"))})
    lines = dict(left_lines(run))
    assert "encoder, lora, finetune" in lines
    assert "lora" not in lines


def test_what_training_will_take_is_told_once_and_what_it_took_at_the_end() -> None:
    out = StringIO()
    told = Progress(share=0.1, score=None, seconds=3.0, bytes=1, foreseen_seconds=40.0, foreseen_bytes=1_200_000_000)
    with watching(Voice("en"), Console(file=out, width=100), quiet=False) as watcher:
        watcher.rung_goes("finetune", told, 0.001, 50.0)
        watcher.rung_goes("finetune", told, 0.001, 50.0)
    assert out.getvalue().splitlines() == ["finetune: training will take about 40 sec and 1.2 GB of memory"]
    run = build.support_run()
    net = build.rung("finetune", 0.9).model_copy(update={"forecast": Forecast(
        seconds=40.0, took_seconds=52.0, bytes=1_200_000_000, took_bytes=1_300_000_000)})  # fmt: skip
    shown, out = screen()
    shown.run(run.model_copy(update={"rungs": (*run.rungs, net)}))
    assert "finetune: 40 sec foreseen, 52 sec taken; memory: 1.2 GB foreseen, 1.3 GB taken" in out.getvalue()


def test_a_result_tells_its_forecast_where_the_family_made_one() -> None:
    values = {"estimated_seconds": 40.0, "trained_seconds": 52.0, "estimated_peak_bytes": 5}
    result = Result(digest="x", outcome="done", bill=Bill(seconds=60.0, peak_bytes=7), values=values)
    assert forecast_of(result) == Forecast(seconds=40.0, took_seconds=52.0, bytes=5, took_bytes=7)
    assert forecast_of(result.model_copy(update={"values": {"estimated_seconds": 40.0}})) is None
    unmeasured = {"estimated_seconds": 40, "trained_seconds": 52}
    assert forecast_of(result.model_copy(update={"values": unmeasured})) == Forecast(seconds=40, took_seconds=52)
