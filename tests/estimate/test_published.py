"""Published shapes: found under any spelling, and their counts are the published ones."""

from __future__ import annotations

import re

import pytest

from breakeven.estimate.parameters import count
from breakeven.estimate.published import Published, published_shape, published_shapes

SCALE = {"": 1.0, "M": 1e6, "B": 1e9, "T": 1e12}


def rounding(text: str) -> tuple[float, float]:
    """The published number, and half of the last place that it states; a zero at the end of `340M` states none."""
    found = re.fullmatch(r"([0-9]+)(?:\.([0-9]+))?([MBT]?)", text)
    assert found, text
    unit = SCALE[found[3]] * 10.0 ** -len(found[2] or "")
    if not found[2] and found[3] and found[1].endswith("0"):
        unit *= 10
    return float(f"{found[1]}.{found[2] or 0}") * SCALE[found[3]], unit / 2


def agrees(entry: Published) -> bool:
    value, half = rounding(entry.total)
    return abs(count(entry.shape).total - value) <= half


EXACT = [entry for entry in published_shapes() if not entry.note]


@pytest.mark.parametrize("entry", EXACT, ids=lambda entry: entry.shape.name)
def test_the_count_is_the_published_one(entry: Published) -> None:
    assert agrees(entry), f"{count(entry.shape).total:,} is not {entry.total}"


def test_there_are_enough_of_them_and_the_others_say_why() -> None:
    assert len(EXACT) >= 60
    assert sum(entry.total.isdigit() for entry in EXACT) >= 12, "to the last parameter"
    assert len({entry.shape.name.split()[0].split("-")[0] for entry in EXACT}) >= 25, "families"
    for entry in published_shapes():
        assert entry.source
        assert entry.date
        assert count(entry.shape).total == pytest.approx(rounding(entry.total)[0], rel=0.35), entry.shape.name


@pytest.mark.parametrize("entry", [entry for entry in published_shapes() if entry.active],
                         ids=lambda entry: entry.shape.name)
def test_active_parameters_are_the_published_ones(entry: Published) -> None:
    """Some papers leave the embedding out, which a token only looks up."""
    counted = count(entry.shape)
    value, half = rounding(entry.active)
    assert 0.98 * (counted.active - counted.embedding) - half <= value <= counted.active + half


@pytest.mark.parametrize(("spelling", "name"), [
    ("Llama 3.1 8B", "Llama 3.1 8B"), ("llama3.1-8b", "Llama 3.1 8B"), ("meta-llama/Llama-3.1-8B", "Llama 3.1 8B"),
    ("meta-llama/Meta-Llama-3.1-8B-Instruct", "Llama 3.1 8B"), ("LLAMA3.1_405B", "Llama 3.1 405B"),
    ("mistralai/Mistral-7B-Instruct-v0.2", "Mistral 7B"), ("Qwen3_30B_a3B", "Qwen3-30B-A3B"),
    ("openai/gpt-oss-120b", "GPT-OSS-120B"), ("GPT OSS 120B", "GPT-OSS-120B"), ("ViT-B/16", "ViT-B/16"),
    ("google-t5/t5-11b", "T5 11B"), ("bert-base-uncased", "BERT base"), ("DeepSeek-R1", "DeepSeek-V3"),
    ("Llama 7B GPTQ", "LLaMA-7B"), ("Llama2 70B", "Llama 2 70B"), ("MPT 7b", "MPT-7B"), ("gpt2-xl", "GPT-2 XL"),
    ("Gemma 2 2B", "Gemma 2 2B"), ("Gemma 2B", "Gemma 2B"), ("GPT-3", "GPT-3 175B"), ("phi-1.5", "Phi-1.5"),
])  # fmt: skip
def test_a_name_is_found_however_it_is_spelled(spelling: str, name: str) -> None:
    shape = published_shape(spelling)
    assert shape is not None
    assert shape.name == name


def test_every_name_finds_its_own_shape() -> None:
    for entry in published_shapes():
        assert published_shape(entry.shape.name) is entry.shape


@pytest.mark.parametrize("name", ["", "7B", "Llama", "Llama 3.1 9B", "Banana 7B", "DeepSeek-R1-Distill-Qwen-7B"])
def test_an_unknown_name_finds_nothing(name: str) -> None:
    assert published_shape(name) is None
