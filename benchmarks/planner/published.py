"""`python benchmarks/planner/published.py`: docs/estimate/published.md, the estimates beside what was published."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from breakeven.estimate.train import estimate_training
from breakeven.estimate.training_words import spec_of_words

PAGE = Path(__file__).parents[2] / "docs" / "estimate" / "published.md"


@dataclass(frozen=True)
class Case:
    """A published training: what is told of it to the command, its device-hours, and where these stand."""

    name: str
    told: dict[str, str | int | float]
    hours: float
    source: str


CASES = (
    Case("GPT-3 175B", {"params": "175e9", "tokens": 3e11, "gpu": "V100-32GB", "gpus": 10_000}, 3.552e6,
         "Patterson et al. 2021, arXiv:2104.10350, table 4; the number of GPUs is an assumption"),
    Case("LLaMA 7B", {"model": "LLaMA-7B", "tokens": 1e12, "gpu": "A100-80GB", "year": 2023}, 82_432,
         "arXiv:2302.13971, table 15"),
    Case("LLaMA 65B", {"model": "LLaMA-65B", "tokens": 1.4e12, "gpu": "A100-80GB", "gpus": 2048, "year": 2023},
         1_022_362, "arXiv:2302.13971, table 15"),
    Case("Llama 3.1 8B", {"model": "Llama 3.1 8B", "tokens": 1.5e13, "gpu": "H100", "sequence": 8192, "year": 2024},
         1.46e6, "model card, with the long-context stage; more than 15 T tokens"),
    Case("Llama 3.1 405B", {"model": "Llama 3.1 405B", "tokens": 1.56e13, "gpu": "H100", "gpus": 16_384,
                            "sequence": 8192, "layout": "tp=8,pp=16,dp=128,zero=3", "year": 2024}, 3.084e7,
         "model card and arXiv:2407.21783, with restarts"),
    Case("Pythia 6.9B", {"model": "Pythia 6.9B", "tokens": 2.99893e11, "gpu": "A100-40GB", "gpus": 128,
                         "precision": "fp16", "layout": "zero=1", "batch": 1024, "year": 2023}, 33_500,
         "arXiv:2304.01373, table 5; iteration time without downtime"),
    Case("MPT-7B", {"model": "MPT-7B", "tokens": 1e12, "gpu": "A100-40GB", "gpus": 440, "layout": "zero=3",
                    "batch": 1760, "year": 2023}, 100_320, "MosaicML 2023: 9.5 days, $200,000, restarts included"),
    Case("BloombergGPT 50B", {"model": "BloombergGPT", "tokens": 5.69e11, "gpu": "A100-40GB", "gpus": 512,
                              "layout": "zero=3,recompute=full", "batch": 2048, "year": 2023}, 651_264,
         "arXiv:2303.17564: 53 days"),
    Case("PaLM 540B", {"model": "PaLM 540B", "tokens": 7.8e11, "gpu": "TPUv4", "gpus": 6144,
                       "layout": "tp=12,dp=512,zero=3", "year": 2022}, 8_404_992,
         "arXiv:2204.02311, appendix B, downtime included"),
    Case("DeepSeek-V3", {"model": "DeepSeek-V3", "tokens": 1.48e13, "gpu": "H800", "gpus": 2048, "precision": "fp8",
                         "layout": "tp=1,pp=16,dp=128,ep=64,zero=1", "year": 2024}, 2.664e6,
         "arXiv:2412.19437, table 1, pre-training alone"),
    Case("TinyLlama 1.1B", {"model": "TinyLlama-1.1B", "tokens": 3e11, "gpu": "A100-40GB", "gpus": 16,
                            "layout": "zero=3,recompute=none", "year": 2023}, 3456, "README of jzhang38/TinyLlama"),
    Case("GPT-2 XL in llm.c", {"model": "GPT-2 XL", "tokens": 3.36e10, "gpu": "H100", "gpus": 8, "sequence": 1024,
                               "batch": 1024, "layout": "dp=8,zero=1", "year": 2024}, 192,
         "karpathy/llm.c, discussion 677: 24 hours on 8 GPUs"),
)  # fmt: skip
OPTIONS = ("params", "active", "model", "config", "tokens", "gpu", "gpus", "sequence", "precision", "layout", "batch",
           "usd_per_hour", "measured", "year")  # fmt: skip


def command(case: Case) -> str:
    """The command that gives the case."""
    words = []
    for name, value in case.told.items():
        shown = f'"{value}"' if " " in str(value) else f"{value:g}" if isinstance(value, float) else str(value)
        words.append(f"--{name.replace('_', '-')} {shown}")
    return "estimate train " + " ".join(words)


def three(value: float) -> str:
    """Three digits that count, with separators of thousands."""
    return f"{float(f'{value:.3g}'):,.0f}"


def line(case: Case) -> str:
    """A case as a row of the table."""
    told = {name: case.told.get(name) for name in OPTIONS} | {"precision": case.told.get("precision", "bf16")}
    found = estimate_training(spec_of_words(**told))  # type: ignore[arg-type]
    hours = found.gpu_hours
    inside = "yes" if hours.low <= case.hours <= hours.high else "no"
    goodput = found.goodput.value if found.goodput else 1.0
    return (f"| {case.name} | {three(case.hours)} | {three(hours.value)} | {three(hours.low)} – {three(hours.high)} "
            f"| {inside} | {hours.value / case.hours - 1:+.0%} | {found.mfu.value:.0%} | {goodput:.0%} |")


HEAD = """# Published trainings beside the estimate

Device-hours as published and as `breakeven estimate train` answers, with its 80 % interval. Written by
`python benchmarks/planner/published.py`; a test compares, so the page cannot go stale. The calibration has seen all of
these but GPT-3 (whose number of GPUs is itself assumed): how it does on trainings it has not seen stands in
[benchmarks/planner](../../benchmarks/planner/README.md). Where the estimate is far off, that is the spread of practice
that the interval speaks of: no number here was adjusted.

| training | published | estimate | 80 % interval | inside | off by | MFU of steps | goodput |
|---|---|---|---|---|---|---|---|
"""


def page() -> str:
    """The whole page."""
    commands = "\n".join(f"- {case.name}: `{command(case)}`. Published: {case.source}." for case in CASES)
    lines = "\n".join(line(case) for case in CASES)
    return f"{HEAD}{lines}\n\nThe commands, and where the figures stand:\n\n{commands}\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE)
