"""Pre-training on one GPU in bf16: tokens a second, MFU, and memory foreseen beside memory taken.

    python benchmarks/gpu/pretrain.py [--sizes 124M 1B] [--steps 30]
    python benchmarks/gpu/pretrain.py --sizes smoke --device cpu     # that the script runs

Tokens are random: they decide nothing but the loss. MFU counts 6 FLOP a weight and token, the head among the weights
and the table not, and 12 · layers · width · context for attention (Chowdhery et al. 2022, appendix B), against the
dense bf16 peak.
"""

from __future__ import annotations

import argparse
import json
import time

import torch

from breakeven.models.nn.devices import Device, choose_device
from breakeven.models.nn.gpt import Gpt, GptShape

SIZES = {
    "smoke": (GptShape(512, 2, 2, 64, 64), 2, 2),
    "124M": (GptShape(50_304, 12, 12, 768, 1_024), 32, 16),
    "1B": (GptShape(50_304, 24, 16, 1_792, 2_048), 8, 32),
}
"""Shape, rows of a forward pass, passes for a step."""
WARM_UP = 5


def flop_per_token(shape: GptShape) -> float:
    weights = 12 * shape.layers * shape.width**2 + shape.vocabulary * shape.width
    return 6.0 * weights + 12.0 * shape.layers * shape.width * shape.context


def foreseen_bytes(shape: GptShape, rows: int) -> float:
    """Weights, gradients and two moments of Adam in 32 bits; activations of 34 bytes for each token, layer and unit of
    width (Korthikanti et al. 2022, equation 2, without the products of attention); logits in 16 and 32 bits, and
    their gradient."""
    tokens = rows * shape.context
    return 16.0 * shape.parameters + 34.0 * tokens * shape.layers * shape.width + 10.0 * tokens * shape.vocabulary


def measure(name: str, device: Device, steps: int, compiled: bool) -> dict[str, object]:
    shape, rows, passes = SIZES[name]
    torch.manual_seed(0)
    net = Gpt(shape).to(device.torch)
    weights = sum(each.numel() for each in net.parameters())
    loss = torch.compile(net.loss) if compiled else net.loss
    optimizer = torch.optim.AdamW(net.parameters(), lr=3e-4, fused=True)
    ids = torch.randint(shape.vocabulary, (rows, shape.context + 1), device=device.torch)
    begun = 0.0
    for step in range(WARM_UP + steps):
        if step == WARM_UP:
            device.wait()
            begun = time.perf_counter()
        for _ in range(passes):
            with torch.autocast(device.kind, torch.bfloat16):
                value = loss(ids[:, :-1], ids[:, 1:]) / passes
            value.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
    device.wait()
    rate = steps * passes * rows * shape.context / (time.perf_counter() - begun)
    taken = torch.cuda.max_memory_allocated() if device.kind == "cuda" else 0
    foreseen = foreseen_bytes(shape, rows)
    return {
        "size": name, "weights": weights, "device": device.name, "compiled": compiled, "tokens_per_second": round(rate),
        "mfu": round(rate * flop_per_token(shape) / device.peak, 4) if device.peak else None,
        "bytes_foreseen": round(foreseen), "bytes_taken": taken,
        "foreseen_by_taken": round(foreseen / taken, 3) if taken else None,
        "last_loss": round(float(value.detach()) * passes, 3),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sizes", nargs="+", default=["124M", "1B"], choices=SIZES)
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--device", default=None)
    parser.add_argument("--plain", action="store_true", help="without torch.compile")
    asked = parser.parse_args()
    device = choose_device(1, asked.device)
    for name in asked.sizes:
        compiled = not asked.plain and device.kind == "cuda"
        print(json.dumps(measure(name, device, asked.steps, compiled)), flush=True)
        if device.kind == "cuda":
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats()


if __name__ == "__main__":
    main()
