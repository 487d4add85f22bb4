"""`breakeven estimate train` as people and programs call it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from breakeven.interfaces.cli.app import run_app

TRAIN = ["estimate", "train"]


def test_a_program_gets_one_record(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    words = ["--params", "175e9", "--tokens", "300e9", "--gpu", "V100-32GB", "--gpus", "10000", "--json"]
    code = run_app([*TRAIN, *words])
    found = json.loads(capsysbinary.readouterr().out)
    assert code == 0
    assert found["gpu_hours_low"] < 3.552e6 < found["gpu_hours_high"], "what GPT-3 is said to have taken"
    assert found["days"] == pytest.approx(found["gpu_hours"] / 10_000 / 24)
    assert len(found["layouts"]) > 1


@pytest.mark.parametrize(("language", "words"), [("en", "device-hours"), ("zh", "设备小时")])
def test_people_are_told_in_their_language(language: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_app([*TRAIN, "--model", "GPT-2 XL", "--tokens", "3e10", "--gpu", "H100", "--language", language]) == 0
    assert words in capsys.readouterr().out


@pytest.mark.parametrize("wrong", [
    ["--params", "7B"], ["--gpu", "H100"], ["--params", "7B", "--gpu", "Abacus"],
    ["--params", "7B", "--gpu", "H100", "--tokens", "nan"], ["--params", "7B", "--gpu", "H100", "--layout", "tp=0"],
    ["--params", "7B", "--gpu", "H100", "--usd-per-hour", "0"], ["--model", "No Such Model", "--gpu", "H100"],
    ["--params", "7B", "--gpu", "H100", "--measured", "speed=3"], ["--from", "no-such-file.csv"],
])  # fmt: skip
def test_what_is_wrong_is_told_in_three_lines(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run_app([*TRAIN, *wrong]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 3


def test_a_config_gives_its_shape(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    config = {"model_type": "llama", "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32,
              "num_key_value_heads": 8, "intermediate_size": 14_336, "vocab_size": 128_256}  # fmt: skip
    file = tmp_path / "config.json"
    file.write_text(json.dumps(config), encoding="utf-8")
    assert run_app([*TRAIN, "--config", str(file), "--tokens", "1e12", "--gpu", "H100", "--gpus", "64", "--json"]) == 0
    assert json.loads(capsysbinary.readouterr().out)["params"] == 8_030_261_248
