"""Accelerators and processors: dense peaks, memory, links, and the matmul ceilings that were measured.

`data/chips.csv` holds one row a chip with its source and date; an empty cell is not known. Peaks are dense (no
sparsity); for matrix products that add up in fp32. A memory of "80 GB" on a data sheet is counted as 80 GiB, as
the driver shows it.
"""

from __future__ import annotations

import csv
import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from breakeven.core.errors import UsageError
from breakeven.core.words import say

GIB = 1 << 30
TYPICAL_CEILING = 0.80
"""Share of the dense peak that a large matrix product reaches where nobody published a measurement; the measured
ones of the table lie between 0.51 (MI300X) and 0.97 (Gaudi 2), in the middle 0.80 (H100)."""


@dataclass(frozen=True)
class Chip:
    """One device. `peaks` and `measured` are FLOP/s by precision (fp32 tf32 fp16 bf16 fp8 int8 fp4)."""

    name: str
    vendor: str
    kind: str
    peaks: Mapping[str, float]
    measured: Mapping[str, float]
    memory_bytes: int | None
    bandwidth_bytes_per_second: float
    intranode_bytes_per_second: float | None
    """One direction, of one device to the others of its node."""
    intranode_link: str
    internode_bytes_per_second: float | None
    """One direction, a device's share of the network card."""
    tdp_watts: float | None
    list_price_usd: float | None
    release_date: str
    source: str
    date: str

    def peak(self, precision: str) -> float:
        """Dense FLOP/s in a precision, or in the nearest wider one that the chip has (fp8 on an A100 runs as bf16)."""
        return self.peaks[self.runs_as(precision)]

    def ceiling(self, precision: str) -> float:
        """FLOP/s that a large matrix product reaches: measured if published, else a typical share of the peak."""
        runs_as = self.runs_as(precision)
        return self.measured.get(runs_as, self.peaks[runs_as] * self._measured_share())

    def _measured_share(self) -> float:
        """How much of its bf16 peak the chip was measured to reach; the typical share where it was not."""
        wide = self.runs_as("bf16")
        return self.measured[wide] / self.peaks[wide] if wide in self.measured else TYPICAL_CEILING

    def runs_as(self, precision: str) -> str:
        """The precision in which the chip computes what is asked for."""
        return next(name for name in _instead_of(precision) if name in self.peaks)


INSTEAD = {
    "fp4": ("fp4", "fp8", "bf16", "fp16", "tf32", "fp32"),
    "fp8": ("fp8", "bf16", "fp16", "tf32", "fp32"),
    "int8": ("int8", "fp8", "bf16", "fp16", "tf32", "fp32"),
    "bf16": ("bf16", "fp16", "tf32", "fp32"),
    "fp16": ("fp16", "bf16", "tf32", "fp32"),
    "tf32": ("tf32", "fp32", "bf16", "fp16"),
    "fp32": ("fp32", "tf32", "bf16", "fp16"),
}
SPELLED = {
    "nvfp4": "fp4", "mxfp4": "fp4", "mxfp8": "fp8", "float8": "fp8", "e4m3": "fp8", "amp": "bf16", "mixed": "bf16",
    "float16": "fp16", "half": "fp16", "bfloat16": "bf16", "float32": "fp32", "": "bf16",
}  # fmt: skip


def _instead_of(precision: str) -> tuple[str, ...]:
    """The precisions that may stand for the asked one, the nearest first."""
    word = re.split(r"[-/ +]", precision.strip().lower())[0]
    word = SPELLED.get(word, word)
    if word not in INSTEAD:
        raise UsageError(
            say("the precision {name} is not known", name=precision), "precision",
            say("one of {names}", names=sorted(INSTEAD)),
        )
    return INSTEAD[word]


def precision_named(text: str) -> str:
    """The precision of the tables that a spelling means: `mxfp8` is fp8, `fp16/amp` fp16, `bf16-true` bf16."""
    return _instead_of(text)[0]


PRECISIONS = ("fp32_tflops", "tf32_tflops", "fp16_tflops", "bf16_tflops", "fp8_tflops", "int8_tops", "fp4_tflops")


@cache
def chips() -> tuple[Chip, ...]:
    """All chips of the table."""
    text = files("breakeven.estimate").joinpath("data", "chips.csv").read_text(encoding="utf-8")
    return tuple(_chip(row) for row in csv.DictReader(text.splitlines()))


def _number(text: str, scale: float = 1.0) -> float | None:
    return float(text) * scale if text else None


def _chip(row: dict[str, str]) -> Chip:
    return Chip(
        name=row["name"], vendor=row["vendor"], kind=row["type"],
        peaks={column.split("_")[0]: float(row[column]) * 1e12 for column in PRECISIONS if row[column]},
        measured={name: float(row[f"measured_max_{name}_tflops"]) * 1e12
                  for name in ("bf16", "fp8") if row[f"measured_max_{name}_tflops"]},
        memory_bytes=int(float(row["mem_gb"]) * GIB) if row["mem_gb"] else None,
        bandwidth_bytes_per_second=float(row["mem_bw_gb_s"]) * 1e9,
        intranode_bytes_per_second=_number(row["intranode_uni_gb_s"], 1e9),
        intranode_link=row["intranode_link"],
        internode_bytes_per_second=_number(row["internode_gbit_s_per_gpu"], 1e9 / 8),
        tdp_watts=_number(row["tdp_w"]),
        list_price_usd=_number(row["list_price_usd"]),
        release_date=row["release_date"], source=row["source"], date=row["source_date"],
    )  # fmt: skip


USUAL = {
    "a100": "A100-SXM-80GB", "a10080gb": "A100-SXM-80GB", "a10040gb": "A100-SXM-40GB", "a800": "A800-SXM-80GB",
    "h100": "H100-SXM", "h10080gb": "H100-SXM", "h800": "H800-SXM", "h80080gb": "H800-SXM", "h200": "H200-SXM",
    "v100": "V100-SXM2-32GB", "v10032gb": "V100-SXM2-32GB", "v10016gb": "V100-SXM2-16GB", "gh200": "GH200-96GB",
    "b200": "B200-SXM", "b300": "B300-SXM", "a6000": "RTX A6000", "910b": "Ascend 910B", "910c": "Ascend 910C",
    "mi250": "MI250X", "mi300": "MI300X", "trn1": "Trainium1", "trn2": "Trainium2", "6000ada": "RTX 6000 Ada",
}  # fmt: skip
"""What is meant by a short name: the form with the fast links, and the larger memory."""


def _key(text: str) -> str:
    """A name without makers, blanks and dashes: `NVIDIA A100 SXM 80GB` and `a100-sxm-80gb` are one."""
    plain = re.sub(r"(sxm|pcie)[2-6]\b", r"\1", text.lower())
    return re.sub(r"nvidia|tesla|geforce|quadro|amd|instinct|intel|google|huawei|aws|[^a-z0-9+]", "", plain)


@cache
def _known() -> dict[str, str]:
    """Every key that means a chip. The name with its memory is known too: `4080 16GB` is the RTX 4080."""
    known: dict[str, str] = {}
    for chip in chips():
        key = _key(chip.name)
        spellings = {key, key.removeprefix("rtx")}
        if chip.memory_bytes:
            spellings |= {f"{spelling}{chip.memory_bytes // GIB}gb" for spelling in spellings}
        known |= dict.fromkeys(spellings, chip.name)
    return known | USUAL


def chip_named(text: str) -> Chip:
    """The chip that a spelling means (`A100-80GB`, `H100`, `TPUv4`, `4090 24GB`). Raises UsageError."""
    known = _known()
    key = _key(text)
    if key not in known:
        close = tuple(dict.fromkeys(known[near] for near in difflib.get_close_matches(key, known, n=3)))
        raise UsageError(
            say("the chip {name} is not in the table", name=text), "gpu",
            say("did you mean {names}?", names=close or ("A100-SXM-80GB", "H100-SXM", "RTX 4090")),
        )
    return next(chip for chip in chips() if chip.name == known[key])
