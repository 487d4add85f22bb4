"""tinyshakespeare by characters: our pre-training beside a plain loop, same size of net, same machine.

    python benchmarks/language/run.py [--data FOLDER] [--seeds 1 2 3] [--threads 2]

For each seed the reference is trained, then ours; both are scored on all of the held-out text in windows of 64
characters, with the weights that training ended with. Prints a line a run and the table of README.md.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import platform
import time
from pathlib import Path
from statistics import mean, stdev

import numpy as np
import reference
import torch
import torch.nn.functional as F
from torch import nn

from breakeven.models.nn.devices import Device
from breakeven.models.nn.gpt import Gpt, GptShape
from breakeven.models.nn.language_data import Packed, PackedBatches
from breakeven.models.nn.language_training import TABLE_RATE, loss_of, muon_groups
from breakeven.models.nn.loop import train_net
from breakeven.models.nn.schedule import LoopSettings

CONTEXT = 64
STEPS, BATCH = 600, 12
PUBLISHED = 1.88
WANTED_TIME = 0.7


def read(folder: Path) -> tuple[np.ndarray, np.ndarray, int]:
    """Training and held-out characters as numbers, and how many different ones there are."""
    texts = [gzip.decompress((folder / f"{part}.txt.gz").read_bytes()).decode() for part in ("train", "dev")]
    known = {character: number for number, character in enumerate(sorted(set("".join(texts))))}
    train, held_out = (np.array([known[character] for character in text]) for text in texts)
    return train, held_out, len(known)


def ours(tokens: np.ndarray, vocabulary: int, seed: int) -> tuple[nn.Module, float]:
    """The trained net and the seconds that it took."""
    device = Device("cpu", platform.processor() or "processor", "fp32", None)
    begun = time.perf_counter()
    torch.manual_seed(seed)
    net = Gpt(GptShape(vocabulary, reference.LAYERS, reference.HEADS, reference.WIDTH, CONTEXT))
    packed = Packed(tokens.astype(np.int32), np.ones(len(tokens), bool))
    settings = LoopSettings(STEPS, TABLE_RATE, warm_up=0.02, floor=0.02, beta2=0.99, seed=seed)
    train_net(net, PackedBatches(packed, BATCH, CONTEXT, seed), loss_of, settings, device, lambda: 1e9,
              groups=muon_groups(net))  # fmt: skip
    return net, time.perf_counter() - begun


@torch.inference_mode()
def held_out_loss(net: nn.Module, tokens: np.ndarray) -> float:
    """Nats a character over all whole windows."""
    windows = (len(tokens) - 1) // CONTEXT
    ids = torch.from_numpy(tokens[: windows * CONTEXT]).view(windows, CONTEXT)
    targets = torch.from_numpy(tokens[1 : windows * CONTEXT + 1]).view(windows, CONTEXT)
    losses = [
        F.cross_entropy(net(some).flatten(0, 1), wanted.flatten(), reduction="sum")
        for some, wanted in zip(ids.split(64), targets.split(64), strict=True)
    ]
    return float(sum(losses)) / targets.numel()


def measure(name: str, seed: int, train: np.ndarray, held_out: np.ndarray, vocabulary: int) -> dict[str, float | str]:
    way = reference.train if name == "reference" else ours
    begun = time.process_time()
    net, seconds = way(train, vocabulary, seed)
    spent = time.process_time() - begun
    found = {"run": name, "seed": seed, "seconds": round(seconds, 2), "processor_seconds": round(spent, 2),
             "loss": round(held_out_loss(net, held_out), 4),
             "weights": sum(each.numel() for each in net.parameters()), "load": os.getloadavg()[0]}  # fmt: skip
    print(json.dumps(found), flush=True)
    return found


def table(found: list[dict[str, float | str]]) -> str:
    """The runs side by side, means with standard deviations, and whether the bar is met."""
    lines = ["| | weights | nats a character | seconds | processor seconds |", "|---|---|---|---|---|"]
    means = {}
    for name in ("reference", "ours"):
        runs = [each for each in found if each["run"] == name]
        cells = []
        for key, digits in (("loss", 3), ("seconds", 1), ("processor_seconds", 1)):
            values = [float(each[key]) for each in runs]
            means[name, key] = mean(values)
            spread = f" ± {stdev(values):.{digits}f}" if len(values) > 1 else ""
            cells.append(f"{mean(values):.{digits}f}{spread}")
        lines.append(f"| {name} | {runs[0]['weights']:,} | {' | '.join(cells)} |")
    share = means["ours", "seconds"] / means["reference", "seconds"]
    met = share <= WANTED_TIME and means["ours", "loss"] <= means["reference", "loss"]
    lines.append(f"\nours: {means['ours', 'loss'] - means['reference', 'loss']:+.3f} nats in {share:.2f} of the time; "
                 f"bar (no worse, in {WANTED_TIME}): {'met' if met else 'not met'}")
    return "\n".join(lines)


def main() -> None:
    here = Path(__file__).parents[2]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = Path(os.environ.get("BREAKEVEN_DATA", here.parent / "shared" / "data")) / "tinyshakespeare"
    parser.add_argument("--data", type=Path, default=default)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--threads", type=int, default=2)
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    train, held_out, vocabulary = read(asked.data)
    found = [measure(name, seed, train, held_out, vocabulary) for seed in asked.seeds for name in ("reference", "ours")]
    print(table(found))


if __name__ == "__main__":
    main()
