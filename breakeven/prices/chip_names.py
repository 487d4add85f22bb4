"""One name for each chip, however it is spelled: `A100 80GB SXM`, `a100-80gb` and `NVIDIA A100-SXM4-80GB` are one.

A form or a memory that is not stated is the usual one of data centres, which stands first in `VARIANTS`. What we do
not know keeps its own spelling, without vendor, case and separators.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple


class Variant(NamedTuple):
    """A chip as the price tables name it: its family, its form (`sxm`, `pcie`, `nvl`) and its memory in GB."""

    name: str
    family: str
    form: str = ""
    memory_gb: int = 0


VARIANTS = (
    Variant("A100-SXM-80GB", "a100", "sxm", 80), Variant("A100-SXM-40GB", "a100", "sxm", 40),
    Variant("A100-PCIe-80GB", "a100", "pcie", 80), Variant("A100-PCIe-40GB", "a100", "pcie", 40),
    Variant("A800-SXM-80GB", "a800", "sxm", 80), Variant("A800-PCIe-80GB", "a800", "pcie", 80),
    Variant("V100-SXM2-16GB", "v100", "sxm", 16), Variant("V100-SXM2-32GB", "v100", "sxm", 32),
    Variant("H100-SXM", "h100", "sxm", 80), Variant("H100-PCIe", "h100", "pcie", 80),
    Variant("H100-NVL", "h100", "nvl", 94), Variant("H800-SXM", "h800", "sxm", 80),
    Variant("H800-PCIe", "h800", "pcie", 80), Variant("H200-SXM", "h200", "sxm", 141),
    Variant("H200-NVL", "h200", "nvl", 141), Variant("GH200-96GB", "gh200", "", 96),
    Variant("GH200-144GB", "gh200", "", 144), Variant("B200-SXM", "b200", "sxm"), Variant("B300-SXM", "b300", "sxm"),
    Variant("GB200", "gb200"), Variant("GB300", "gb300"), Variant("H20", "h20", "", 96),
    Variant("H20-141GB", "h20", "", 141),
    Variant("T4", "t4"), Variant("L4", "l4"), Variant("L40S", "l40s"), Variant("L40", "l40"), Variant("A10G", "a10g"),
    Variant("A10", "a10"), Variant("A40", "a40"), Variant("A30", "a30"), Variant("P100", "p100", "", 16),
    Variant("RTX A6000", "rtxa6000"), Variant("RTX A5000", "rtxa5000"), Variant("RTX A4000", "rtxa4000"),
    *(Variant(f"RTX {number} Ada", f"rtx{number}ada") for number in ("4000", "5000", "6000")),
    Variant("RTX PRO 6000", "rtxpro6000"),
    *(Variant(f"RTX {number}", f"rtx{number}")
      for number in ("3070", "3080", "3090", "4070", "4080", "4090", "5080", "5090")),
    *(Variant(f"RTX {number} Ti", f"rtx{number}ti") for number in ("3070", "3080", "3090", "4070", "5070")),
    Variant("MI250X", "mi250x"), Variant("MI300X", "mi300x", "", 192), Variant("MI325X", "mi325x", "", 256),
    Variant("MI355X", "mi355x", "", 288), Variant("Gaudi2", "gaudi2"), Variant("Gaudi3", "gaudi3"),
    *(Variant(f"TPUv{version}", f"tpuv{version}") for version in ("2", "3", "4", "5e", "5p", "6e", "7")),
    Variant("Trainium1", "trainium1"), Variant("Trainium2", "trainium2"), Variant("Inferentia2", "inferentia2"),
    Variant("Ascend 910B", "ascend910b", "", 64), Variant("Ascend 910C", "ascend910c"),
)  # fmt: skip
"""Names as in the data sheets; of a family the usual variant first."""

OTHER_FAMILIES = {
    "a6000": "rtxa6000", "a5000": "rtxa5000", "a4000": "rtxa4000", "rtx6000": "rtx6000ada", "910b": "ascend910b",
    "ascend910b1": "ascend910b", "910c": "ascend910c", "tpuv5lite": "tpuv5e", "tpuv5": "tpuv5p", "tpuv6": "tpuv6e",
    "tpuv7x": "tpuv7", "trainium": "trainium1", "rtxpro6000blackwell": "rtxpro6000",
}  # fmt: skip
"""Spellings that are no more than another word for a family."""

NOISE = re.compile(
    r"\b(nvidia|amd|instinct|tesla|geforce|google|cloud|huawei|intel|habana|aws|gpu|nvlink|server|edition|hbm\d?e?)\b"
)
MEMORY = re.compile(r"(?<![a-z\d])(\d{2,3}) ?gi?b?(?![a-z\d])")
FORM = re.compile(r"(sxm\d?|pcie|nvl(?!\d))")
CONSUMER = re.compile(r"^(\d{4}(?:ti)?)$")


@cache
def chip_name(text: str) -> str:
    """The name of a chip in the price tables; of an unknown one its spelling in small letters and digits."""
    plain = NOISE.sub(" ", text.lower().replace("_", " ").replace("-", " ").replace("/", " "))
    memory = MEMORY.search(plain)
    plain = MEMORY.sub(" ", plain)
    form = FORM.search(plain)
    family = re.sub(r"[^a-z0-9]", "", FORM.sub(" ", plain))
    family = OTHER_FAMILIES.get(family, CONSUMER.sub(r"rtx\1", family))
    known = [variant for variant in VARIANTS if variant.family == family]
    wanted = [
        variant for variant in known
        if (not form or not variant.form or variant.form == form.group(1).rstrip("0123456789"))
        and (not memory or _about(variant.memory_gb, int(memory.group(1))))
    ]  # fmt: skip
    if wanted:
        return wanted[0].name
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _about(known_gb: int, stated_gb: int) -> bool:
    """Whether a stated memory is that of the variant: drivers and sellers count GB, GiB and what is usable."""
    return not known_gb or abs(known_gb - stated_gb) <= 0.06 * known_gb


def same_chip(one: str, other: str) -> bool:
    """Whether two spellings mean the same chip; an empty one means none."""
    return bool(one) and bool(other) and chip_name(one) == chip_name(other)
