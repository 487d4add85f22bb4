"""The real command line, as a process of its own: records, three-line errors, exit codes, languages."""

from __future__ import annotations

import json
import os
import pkgutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import breakeven as package
from breakeven.interfaces.cli.app import asked_language
from breakeven.interfaces.run_json import RunJson

TOML = """
[product]
name = "parcels"
task = "tabular-classification"
[data]
train = "rows.csv"
answer = "late"
[target]
metric = "accuracy"
at_least = {at_least}
[budget]
seconds = 60
[models]
only = ["baseline"]
"""


def breakeven(*arguments: str, folder: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a folder, in English unless told otherwise."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("LC_", "LANG", "BREAKEVEN_"))}
    return subprocess.run(
        [sys.executable, "-m", "breakeven", *arguments],
        cwd=folder,
        env=kept | {"LANG": "C.UTF-8", "PYTHONPATH": str(Path(__file__).parents[2])} | environ,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def make_project(folder: Path, at_least: float = 0.5, rows: int = 240) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "breakeven.toml").write_text(TOML.format(at_least=at_least), encoding="utf-8")
    lines = ["weight,zone,late"]
    for n in range(rows):
        lines.append(f"{n % 17 + n / 7:.2f},{'north' if n % 3 else 'south'},{'yes' if n % 4 == 0 else 'no'}")
    (folder / "rows.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """A project that was run once, with `--json`."""
    folder = make_project(tmp_path_factory.mktemp("parcels"))
    return folder, breakeven("run", "--json", folder=folder)


def assert_three_lines(done: subprocess.CompletedProcess[str], code: int = 2) -> list[str]:
    lines = done.stderr.splitlines()
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    assert len(lines) % 3 == 0, lines
    for number in range(0, len(lines), 3):
        assert lines[number].startswith("error: ")
        assert lines[number + 1].startswith("  at ")
        assert lines[number + 2].startswith("hint: ")
    assert "Traceback" not in done.stderr
    return lines


# --- start-up and help


def test_help_loads_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "import sys; from breakeven.interfaces.cli.app import run_app; run_app(sys.argv[1:]);"
        "print(*(sorted({name.partition('.')[0] for name in sys.modules})), file=sys.stderr)"
    )
    for arguments in (["--help"], ["run", "--help"]):
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments], cwd=tmp_path, capture_output=True, encoding="utf-8", check=True,
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2]), "BREAKEVEN_LANGUAGE": "en"},
        )
        heavy = {"numpy", "pyarrow", "scipy", "sklearn", "lightgbm", "jinja2", "babel", "psutil"}
        assert not heavy & set(done.stderr.split())
        assert "--help" in done.stdout


def test_help_names_every_command_in_both_languages(tmp_path: Path) -> None:
    english = breakeven("--help", folder=tmp_path).stdout
    chinese = breakeven("--help", folder=tmp_path, LANG="zh_CN.UTF-8").stdout
    for command in ("init", "check", "run", "show", "predict", "plan", "prices", "models"):
        assert command in english
        assert command in chinese
    assert "Climb the ladder" in english
    assert "攀登模型阶梯" in chinese


def test_a_command_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    assert "juggle" not in breakeven("--help", folder=tmp_path).stdout
    assert_three_lines(breakeven("juggle", folder=tmp_path))


def test_the_version_is_printed(tmp_path: Path) -> None:
    done = breakeven("--version", folder=tmp_path)
    assert (done.returncode, done.stdout.count(".")) == (0, 2)


@pytest.mark.parametrize(
    ("arguments", "language"),
    [(["run"], None), (["run", "--language", "zh"], "zh"), (["--language=zh"], "zh"), (["--language"], "")],
)
def test_the_language_is_known_before_the_options_are_read(arguments: list[str], language: str | None) -> None:
    assert asked_language(arguments) == language


# --- records


def test_run_json_prints_the_record_and_nothing_else(finished: Any) -> None:
    folder, done = finished
    assert (done.returncode, done.stderr) == (0, "")
    record = json.loads(done.stdout)
    assert RunJson.model_validate(record)
    assert record["outcome"] == "released"
    assert record["choice"]["name"] == "baseline"
    assert record["candidates"][0]["test"]["metric"] == "accuracy"
    assert Path(record["report"]).read_text(encoding="utf-8").startswith("<!doctype html>")
    assert (folder / ".breakeven" / "releases" / "1" / "release.json").exists()


def test_show_tells_the_same_as_run(finished: Any) -> None:
    folder, done = finished
    shown = breakeven("show", "--json", folder=folder)
    assert json.loads(shown.stdout) == json.loads(done.stdout)
    named = breakeven("show", json.loads(done.stdout)["run"], "--project", str(folder), folder=folder.parent)
    assert named.stdout.startswith("Ship baseline.")


def test_show_speaks_chinese(finished: Any) -> None:
    folder, _ = finished
    for environ, arguments in (({"LANG": "zh_CN.UTF-8"}, []), ({}, ["--language", "zh"])):
        assert breakeven("show", *arguments, folder=folder, **environ).stdout.startswith("发布 baseline。")


def test_predict_answers_every_row(finished: Any) -> None:
    folder, _ = finished
    (folder / "new.csv").write_text("weight,zone\n1.5,north\n2.5,south\n", encoding="utf-8")
    done = breakeven("predict", "new.csv", "--out", "out.csv", "--json", folder=folder)
    assert json.loads(done.stdout) == {"rows": 2, "out": "out.csv"}
    header = (folder / "out.csv").read_text(encoding="utf-8-sig").splitlines()[0]
    assert header.split(",")[-4:] == ["label", "confidence", "score_no", "score_yes"]


def test_check_prints_findings_and_a_record(tmp_path: Path) -> None:
    folder = make_project(tmp_path / "p")
    shown = breakeven("check", str(folder), folder=tmp_path).stdout
    assert "rows for training" in shown
    assert "What training would take, on each engine" in shown
    assert all(engine in shown for engine in ("here", "ray", "sky", "torchrun"))
    assert "在各引擎上" in breakeven("check", "--language", "zh", folder=folder).stdout
    record = json.loads(breakeven("check", "--json", folder=folder).stdout)
    assert record["blocked"] is False
    assert record["dataset"]["labels"] == ["no", "yes"]
    prices = {price["engine"]: price for price in record["engines"]}
    assert {"here", "ray", "sky", "torchrun"} <= set(prices)
    assert all(price["usd"] > 0 and 0 < price["seconds"] <= 600 for price in prices.values())


def test_check_of_blocked_data_ends_with_2(tmp_path: Path) -> None:
    folder = make_project(tmp_path / "p")
    (folder / "rows.csv").write_text("weight,zone,late\n" + "1.0,north,no\n" * 40, encoding="utf-8")
    done = breakeven("check", folder=folder)
    assert done.returncode == 2
    assert "blocking: " in done.stdout
    record = json.loads(breakeven("check", "--json", folder=folder).stdout)
    assert record["blocked"] is True
    assert record["engines"] == []
    assert_three_lines(breakeven("run", folder=folder))


def test_a_missed_target_ends_with_3(tmp_path: Path) -> None:
    folder = make_project(tmp_path / "p", at_least=0.999)
    done = breakeven("run", folder=folder)
    assert done.returncode == 3
    assert "No candidate meets the target" in done.stdout
    assert "climbing the ladder" in done.stderr


def test_prices_and_models(tmp_path: Path) -> None:
    prices = json.loads(breakeven("prices", "--json", folder=tmp_path).stdout)
    assert all(offer["usd_per_hour"] > 0 and offer["source"] and offer["date"] for offer in prices["offers"])
    assert all(model["source"] and model["date"] for model in prices["hosted"])
    models = json.loads(breakeven("models", "--json", folder=tmp_path).stdout)["models"]
    assert {"name": "baseline", "family": "baseline/1"}.items() <= models[0].items()
    assert "baseline" in breakeven("models", folder=tmp_path).stdout
    assert "机器" in breakeven("prices", "--language", "zh", folder=tmp_path).stdout


def test_init_makes_a_project_that_check_accepts(tmp_path: Path) -> None:
    record = json.loads(breakeven("init", "desk", "--template", "credit", "--json", folder=tmp_path).stdout)
    assert "desk/breakeven.toml" in [Path(file).as_posix() for file in record["files"]]
    assert breakeven("check", "desk", folder=tmp_path).returncode == 0
    lines = assert_three_lines(breakeven("init", "desk", "--template", "credit", folder=tmp_path))
    assert lines[0] == "error: a file would be overwritten"


# --- errors


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["run"], "error: there is no project file"),
        (["show", "--project", "nowhere"], "error: there is no project file"),
        (["run", "--wrong"], "error: there is no option --wrong"),
        (["run", "--budget-seconds", "soon"], "error: --budget-seconds is wrong"),
        (["predict"], "error: FILE is missing"),
        (["run", "--language", "xx"], "error: there is no language xx"),
        (["init", "--template", "juggling"], "error: there is no template juggling"),
        (["check", "--project"], "error: "),
    ],
)
def test_wrong_use_gives_three_lines_and_2(arguments: list[str], what: str, tmp_path: Path) -> None:
    assert assert_three_lines(breakeven(*arguments, folder=tmp_path))[0].startswith(what)


def test_errors_are_translated(tmp_path: Path) -> None:
    done = breakeven("run", "--language", "zh", folder=tmp_path)
    assert done.stderr.splitlines()[0] == "错误：没有项目文件"
    assert done.stderr.splitlines()[2].startswith("建议：")


def test_errors_are_a_record_with_json(tmp_path: Path) -> None:
    done = breakeven("run", "--json", "--language", "zh", folder=tmp_path)
    assert (done.returncode, done.stderr) == (2, "")
    error = json.loads(done.stdout)["error"]
    assert set(error) == {"what", "where", "hint"}
    assert error["what"] == "there is no project file"


def test_all_faults_of_a_project_file_are_shown_each_with_its_line(tmp_path: Path) -> None:
    folder = make_project(tmp_path / "p")
    file = folder / "breakeven.toml"
    file.write_text(file.read_text(encoding="utf-8") + "\n[demand]\nrequest_per_month = 3\n[capital]\ncash_usd = -1\n",
                    encoding="utf-8")
    lines = assert_three_lines(breakeven("check", folder=folder))
    assert len(lines) == 6
    assert "unknown key request_per_month" in lines[0]
    assert "breakeven.toml:" in lines[1]
    assert "did you mean requests_per_month?" in lines[2]
    record = json.loads(breakeven("check", "--json", folder=folder).stdout)
    assert len(record["faults"]) == 2


def test_our_own_faults_are_told_without_a_traceback(tmp_path: Path) -> None:
    code = (
        "import sys; from breakeven.interfaces import verbs; from breakeven.interfaces.cli.app import run_app\n"
        "def broken(*_): raise ZeroDivisionError('secret')\n"
        "verbs.show = broken; sys.exit(run_app(['show', '--language', 'en']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, encoding="utf-8", check=False,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2]), "TMPDIR": str(tmp_path)},
    )
    lines = assert_three_lines(done, code=1)
    assert "ZeroDivisionError" in lines[0]
    kept = next(tmp_path.glob("breakeven-error-*.txt"))
    assert "Traceback" in kept.read_text(encoding="utf-8")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
def test_ctrl_c_ends_with_4_and_three_lines_or_a_stopped_run(tmp_path: Path) -> None:
    folder = make_project(tmp_path / "p")
    child = subprocess.Popen(
        [sys.executable, "-m", "breakeven", "run"], cwd=folder, stderr=subprocess.PIPE, stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2]), "BREAKEVEN_LANGUAGE": "en"}, encoding="utf-8",
    )
    assert child.stderr is not None
    assert child.stderr.readline() == "looking at the data\n"
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=60)
    assert "Traceback" not in err
    assert child.returncode == 4, (out, err)
    assert "stopped" in (out + err).lower()


def test_a_reader_that_goes_away_is_no_error(finished: Any) -> None:
    folder, _ = finished
    done = subprocess.run(
        f'"{sys.executable}" -m breakeven prices | head -n 1', shell=True, cwd=folder, capture_output=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}, encoding="utf-8", check=False,
    )
    assert done.stderr == ""


def test_the_package_has_the_verbs_and_loads_them_on_use() -> None:
    code = (
        "import sys, breakeven; assert not {'numpy', 'pydantic', 'typer'} & set(sys.modules);"
        "print(all(callable(getattr(breakeven, verb)) for verb in breakeven.VERBS))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert done.stdout == "True\n"


def test_no_verb_has_the_name_of_a_package() -> None:
    """Such a name would stand for the verb at first, and for the package once that is imported."""
    modules = {module.name for module in pkgutil.iter_modules(package.__path__)}
    assert modules & set(package.VERBS) == set()


def test_the_verbs_do_what_the_commands_do(finished: Any) -> None:
    import breakeven as package

    folder, done = finished
    assert package.show(folder).id == json.loads(done.stdout)["run"]
    assert package.check(folder).dataset.answer == "late"
    assert package.price_list().offers
    assert "baseline" in [family.name for family in package.model_families()]
