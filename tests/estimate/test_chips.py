"""Chips: what a spelling means, which precision runs, what a matrix product reaches."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

from breakeven.core.errors import UsageError
from breakeven.estimate.chips import GIB, chip_named, chips, precision_named


@pytest.mark.parametrize(("text", "name"), [
    ("A100-80GB", "A100-SXM-80GB"), ("A100-40GB", "A100-SXM-40GB"), ("h100", "H100-SXM"), ("V100", "V100-SXM2-32GB"),
    ("V100-32GB", "V100-SXM2-32GB"), ("TPUv4", "TPUv4"), ("NVIDIA A100 SXM4 80GB", "A100-SXM-80GB"),
    ("4090 24GB", "RTX 4090"), ("RTXPRO6000", "RTX PRO 6000"), ("A100 PCIe 80GB", "A100-PCIe-80GB"),
    ("4080 16GB", "RTX 4080"), ("3080 Ti 12GB", "RTX 3080 Ti"), ("910B", "Ascend 910B"), ("GB200", "GB200"),
])  # fmt: skip
def test_a_spelling_means_a_chip(text: str, name: str) -> None:
    assert chip_named(text).name == name


def test_every_chip_is_found_by_its_own_name_and_has_a_source() -> None:
    for chip in chips():
        assert chip_named(chip.name) is chip
        assert chip.source
        assert chip.date
        assert all(0 < chip.measured[name] < chip.peaks[name] for name in chip.measured)


def test_an_unknown_chip_names_its_neighbours() -> None:
    with pytest.raises(UsageError) as caught:
        chip_named("A100-SXM-85GB")
    assert "A100-SXM-80GB" in str(caught.value.lines()[2])


def test_a_precision_that_a_chip_lacks_runs_in_the_nearest_wider_one() -> None:
    a100, v100 = chip_named("A100-80GB"), chip_named("V100")
    assert a100.peak("fp8") == a100.peak("bf16") == 312e12
    assert v100.runs_as("bf16") == "fp16"
    assert chip_named("H100").peak("mxfp8") == 1979e12
    assert precision_named("bf16-true") == "bf16"
    with pytest.raises(UsageError):
        a100.peak("bf61")


def test_ceilings_are_measured_or_typical() -> None:
    assert chip_named("A100").ceiling("bf16") == 271.2e12
    assert chip_named("L4").ceiling("bf16") == pytest.approx(0.8 * 121e12)
    assert chip_named("A100").memory_bytes == 80 * GIB
    for chip in chips():
        assert 0.4 * chip.peak("bf16") < chip.ceiling("bf16") < chip.peak("bf16")


def test_every_chip_of_the_published_runs_is_known(repository: Path) -> None:
    folder = Path(os.environ.get("BREAKEVEN_TRUTH", repository.parent / "shared" / "truth"))
    if not folder.is_dir():
        pytest.skip(f"the published runs are not at {folder}")
    for name in ("training_runs", "inference_runs", "finetune_runs"):
        with (folder / f"{name}.csv").open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                if row["hw"]:
                    assert chip_named(row["hw"]).peak(row.get("precision") or "bf16") > 0
