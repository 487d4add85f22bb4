"""Machines from a local copy of a SkyPilot catalog, `catalogs/VERSION/CLOUD/vms.csv`.

Columns: InstanceType, AcceleratorName, AcceleratorCount, vCPUs, MemoryGiB, GpuInfo, Price, SpotPrice, Region (and
AvailabilityZone), in any order. A machine is listed once a region; the cheapest counts. Some clouds list GPUs apart
from their machines: neither half is a price of the whole, and both are left out.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path

from breakeven.core.errors import DataError
from breakeven.core.words import N_, say
from breakeven.prices.chip_names import VARIANTS, chip_name
from breakeven.prices.imported import OFFERS, TWICE, PriceList, date_of, price, written

NEEDED = ("InstanceType", "AcceleratorName", "AcceleratorCount", "vCPUs", "MemoryGiB", "Price", "Region")
LEAST, MOST = 0.001, 5000.0
MOST_A_GPU = 150.0
"""USD an hour; a rack of 72 GPUs is below the first bound, the dearest GPU of 2026 far below the second."""
ALONE = N_("an accelerator without its machine, or a machine without its accelerators")
OTHER_REGION = N_("in another region than the one asked for")
CLOUDS = {
    "aws": "AWS", "gcp": "GCP", "azure": "Azure", "lambda": "Lambda", "runpod": "RunPod", "nebius": "Nebius",
    "vast": "Vast.ai", "do": "DigitalOcean", "fluidstack": "FluidStack", "hyperstack": "Hyperstack", "oci": "Oracle",
    "jarvislabs": "Jarvislabs",
}  # fmt: skip
"""Sellers under the names of our tables, so that an imported price takes the place of a shipped one."""
MARKETPLACES = ("vast", "shadeform", "primeintellect")
GPU_HOSTS = re.compile(r"^(a[2-9]|g[2-9])-|gpu", re.IGNORECASE)
"""Machines of Google's catalog whose GPUs stand in rows of their own."""
KNOWN = {variant.name for variant in VARIANTS}


def read_skypilot(file: Path, cloud: str = "", region: str = "", dated: str = "") -> PriceList:
    """The machines of a catalog file. `cloud` is the folder's name where it is not given.

    Raises DataError for a file that is no such catalog.
    """
    cloud = (cloud or file.resolve().parent.name).lower()
    dated = dated or date_of(file)
    best: dict[str, dict[str, str]] = {}
    found = PriceList(OFFERS)
    source = f"SkyPilot catalog, {cloud}/{file.name}"
    for row in _read(file):
        made, why = (None, OTHER_REGION) if region and row["Region"] != region else _row(row, cloud)
        if made is None:
            found.left_out[why] += 1
            continue
        item = made["item"]
        if item in best:
            found.left_out[TWICE] += 1
        if item not in best or _dearness(made) < _dearness(best[item]):
            best[item] = made | {"source": source, "date": dated}
    found.rows = list(best.values())
    return found


def _dearness(row: dict[str, str]) -> tuple[float, float]:
    """By the price on demand; zones of one region differ in their spot price alone."""
    return float(row["usd_per_hour"]), float(row["spot_usd_per_hour"] or row["usd_per_hour"])


def _read(file: Path) -> list[dict[str, str]]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            table = csv.DictReader(lines)
            rows = [{key: (cell or "").strip() for key, cell in row.items() if isinstance(key, str)
                     and not isinstance(cell, list)} for row in table]  # fmt: skip
            columns = table.fieldnames or []
    except (OSError, UnicodeDecodeError, csv.Error) as fault:
        raise DataError(say("the list cannot be read: {fault}", fault=str(fault)), str(file),
                        say("give a vms.csv of SkyPilot's catalog")) from None  # fmt: skip
    missing = [name for name in NEEDED if name not in columns]
    if missing:
        raise DataError(say("this is no catalog of SkyPilot: columns are missing: {names}", names=missing), str(file),
                        say("give a vms.csv of SkyPilot's catalog"))  # fmt: skip
    return rows


def _row(row: dict[str, str], cloud: str) -> tuple[dict[str, str] | None, str]:
    """The columns of a machine, or why it is none."""
    gpus = _count(row["AcceleratorCount"]) if row["AcceleratorName"] else 0
    if not row["InstanceType"] or (row["AcceleratorName"] and not gpus):
        return None, ALONE
    if not gpus and GPU_HOSTS.search(row["InstanceType"]):
        return None, ALONE
    usd, why = price(row["Price"], LEAST, min(MOST, MOST_A_GPU * gpus) if gpus else MOST)
    if usd is None:
        return None, why
    spot, _ = price(row.get("SpotPrice"), LEAST, usd)
    return {
        "provider": CLOUDS.get(cloud, cloud), "item": row["InstanceType"], "processor": "",
        "cores": str(_count(row["vCPUs"]) or ""), "memory_gib": _memory(row["MemoryGiB"]),
        "gpu": _chip(row) if gpus else "", "gpus": str(gpus or ""),
        "usd_per_hour": written(usd), "spot_usd_per_hour": written(spot) if spot and spot < usd else "",
        "reserved_usd_per_hour": "", "reserved_months": "",
        "marketplace": "yes" if cloud in MARKETPLACES else "", "region": row["Region"],
    }, ""  # fmt: skip


def _count(cell: str) -> int:
    number, _ = price(cell, 0.0, 1e6)
    return int(number or 0)


def _memory(cell: str) -> str:
    number, _ = price(cell, 0.0, 1e6)
    return written(number) if number else ""


def _chip(row: dict[str, str]) -> str:
    """The chip by the details of the row, where they tell more than its short name.

    `A100` alone is the one with 40 GB in these catalogs; the other is called `A100-80GB` there.
    """
    details = row.get("GpuInfo", "")
    name = re.search(r"'Name': '([^']+)'", details)
    size = re.search(r"'SizeInMiB': (\d+)", details)
    gb = int(size.group(1)) if size else 0
    memory = f" {round(gb / 1024) if gb >= 1000 else gb}GB" if gb else ""
    short = row["AcceleratorName"]
    usual = f"{short} 40GB" if short.upper() == "A100" else short
    tried = ([f"{name.group(1)}{memory}"] if name and memory else []) + ([f"{short}{memory}"] if memory else [])
    return next((chip_name(text) for text in (*tried, usual) if chip_name(text) in KNOWN), chip_name(short))
