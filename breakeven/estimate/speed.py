"""What a chip can do for a step: attainable FLOP/s, bytes per second, and how its devices are wired."""

from __future__ import annotations

from breakeven.estimate.chips import Chip, precision_named
from breakeven.estimate.network import Network
from breakeven.estimate.step import Speed

DOMAINS = {"GB200": 72, "GB300": 72, "TPUv2": 256, "TPUv3": 1024, "TPUv4": 4096, "TPUv5e": 256, "TPUv5p": 4096,
           "TPUv6e": 256, "TPUv7": 4096}  # fmt: skip
"""Devices that share the fast links where these are not the eight of a node: racks of 72, slices of TPUs."""
NODE = 8
TPU_CEILING = 0.95
"""A TPU's compiler reaches nearly its peak in large products: public MaxText runs go to 0.71 of it as a whole step."""
SLOW_DEFAULT = 12.5e9
"""Bytes per second of a device's share of a 100 Gbit/s network, where the table does not state one."""
FAST_DEFAULT = 31e9
FUSED_SINCE = 2023
"""From this year on training frameworks come with fused (flash) attention; the TPU's compiler fused it before."""
GROWN_AFTER = 3.0
LOW = ("fp8", "fp4", "int8")


def speed_of(chip: Chip, precision: str = "bf16", year: float = FUSED_SINCE) -> Speed:
    """The speed of a chip at a precision, with the kernels of a year."""
    name = precision_named(precision)
    return Speed(
        matrix_flop_per_second=ceiling(chip, name),
        attention_flop_per_second=ceiling(chip, "bf16"),
        bytes_per_second=chip.bandwidth_bytes_per_second,
        network=network_of(chip),
        low_precision=float(chip.runs_as(name) in LOW),
        fused_attention=year >= FUSED_SINCE or chip.kind == "tpu",
        youth=youth(chip, year),
    )


def ceiling(chip: Chip, precision: str) -> float:
    """FLOP/s of a large matrix product on the chip."""
    return TPU_CEILING * chip.peak(precision) if chip.kind == "tpu" else chip.ceiling(precision)


def network_of(chip: Chip) -> Network:
    """The links between devices; unknown ones are those of PCIe and a 100 Gbit/s network."""
    return Network(DOMAINS.get(chip.name, NODE), chip.intranode_bytes_per_second or FAST_DEFAULT,
                   chip.internode_bytes_per_second or SLOW_DEFAULT)


def youth(chip: Chip, year: float) -> float:
    """How new the chip is in the middle of that year: 1 at its release, 0 after three years or if it is not known."""
    if not chip.release_date:
        return 0.0
    born = float(chip.release_date[:4]) + (float(chip.release_date[5:7]) - 1.0) / 12.0
    return min(1.0, max(0.0, 1.0 - (year + 0.5 - born) / GROWN_AFTER))
