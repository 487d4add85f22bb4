"""Memory of fine-tuning: what was measured, what must hold, what a row leaves open."""

from __future__ import annotations

import csv
import os
from dataclasses import replace
from pathlib import Path
from statistics import median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breakeven.estimate.memory import Setup
from breakeven.estimate.published import published_shape
from breakeven.estimate.shape import Shape
from breakeven.estimate.tuning_memory import Tuning, lighter, lora_parameters, tuning_memory
from breakeven.estimate.tuning_rows import states_of, tuning_memory_of_row, tuning_of_row


def llama() -> Shape:
    shape = published_shape("Llama 2 7B")
    assert shape is not None
    return shape


ROW = {"kind": "memory_time", "model": "Llama 2 7B", "params_total": "6740000000", "method": "lora", "hw": "A100-40GB",
       "precision": "bf16-true", "micro_batch": "1"}


def test_measured_fine_tunings_are_met_and_nothing_is_said_to_fit_that_did_not(repository: Path) -> None:
    folder = Path(os.environ.get("BREAKEVEN_TRUTH", repository.parent / "shared" / "truth"))
    if not folder.is_dir():
        pytest.skip(f"the published runs are not at {folder}")
    errors: dict[str, list[float]] = {}
    wrong = []
    with (folder / "finetune_runs.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            measured, fits = row.pop("mem_gb_per_gpu"), row.pop("fits")
            answer = tuning_memory_of_row(row)
            assert answer is not None, row["id"]
            if row["measured"] == "yes" and measured:
                errors.setdefault(row["group"], []).append(abs(answer.memory.value / float(measured) - 1))
            if fits == "no" and answer.fits:
                wrong.append(row["id"])
    assert median(median(group) for group in errors.values()) <= 0.12
    assert wrong == []


tunings = st.builds(
    Tuning, setup=st.builds(Setup, sequence=st.sampled_from([256.0, 4096.0]), micro_batch=st.sampled_from([1.0, 4.0]),
                            dp=st.sampled_from([1, 2, 8]), zero=st.sampled_from([0, 1, 3]),
                            recompute=st.sampled_from(["none", "selective", "full"])),
    method=st.sampled_from(["full", "lora", "adapter", "adapter_v2"]), sharded=st.booleans(),
    quant=st.sampled_from(["", "8bit", "nf4", "nf4-dq", "2bit"]), trained=st.floats(0, 1e8),
)  # fmt: skip


@settings(deadline=None)
@given(tunings)
def test_fewer_bits_and_more_recomputation_need_less(tuning: Tuning) -> None:
    weights = [tuning_memory(llama(), replace(tuning, quant=quant)).terms["weights"]
               for quant in ("", "8bit", "nf4", "nf4-dq", "2bit")]
    assert weights == sorted(weights, reverse=True)
    ways = [tuning_memory(llama(), way).terms["activations"] for way in lighter(tuning)]
    assert ways == sorted(ways, reverse=True)


@settings(deadline=None)
@given(tunings)
def test_more_texts_at_once_need_more_and_lora_less_than_everything(tuning: Tuning) -> None:
    one = tuning_memory(llama(), tuning)
    two = tuning_memory(llama(), replace(tuning, setup=replace(tuning.setup, micro_batch=8.0)))
    assert two.total > one.total * (1 - 1e-9)
    assert all(value >= 0 for value in one.terms.values())
    alone = replace(tuning, sharded=False, quant="", trained=1e7, setup=replace(tuning.setup, dp=1, zero=0))
    assert tuning_memory(llama(), replace(alone, method="lora")).total < tuning_memory(
        llama(), replace(alone, method="full")).total


def test_lora_of_rank_eight_on_every_matrix_is_counted() -> None:
    """peft prints 19,988,480 trainable parameters for r = 8 on all linear layers of Llama 2 7B."""
    assert lora_parameters(llama(), 8) == 19_988_480


def test_four_bits_take_the_bytes_that_the_paper_counts() -> None:
    """QLoRA, section 3: 0.5 bits a weight for scales in fp32, 0.127 where they are quantised again."""
    single, double = (tuning_memory(llama(), Tuning(Setup(512), quant=quant)).terms["weights"]
                      for quant in ("nf4", "nf4-dq"))
    assert (single - double) * 8 / 6.476e9 == pytest.approx(0.5 - 0.127, rel=0.01)


def test_every_row_gets_an_answer_and_what_is_missing_widens_it() -> None:
    poor = tuning_memory_of_row({"kind": "memory_time", "params_total": "7e9", "method": "qlora"})
    told = tuning_memory_of_row(ROW | {"seq_len": "1024", "act_ckpt": "full", "hw_count": "1"})
    assert poor is not None
    assert told is not None
    assert poor.fits is None
    assert poor.memory.sigma > told.memory.sigma
    assert tuning_memory_of_row({"method": "lora"}) is None


def test_what_does_not_fit_is_recomputed_and_then_paged() -> None:
    small = {"model": "Llama 3.1 8B", "params_total": "8030000000", "method": "full (low-memory optim)",
             "precision": "bf16", "hw": "RTX4090", "hw_count": "1", "seq_len": "2048", "micro_batch": "2"}
    large = tuning_memory_of_row(small | {"hw": "A6000"})
    answer = tuning_memory_of_row(small)
    assert answer is not None
    assert large is not None
    assert answer.fits
    assert answer.recompute == "full"
    assert answer.memory.value < 0.6 * large.memory.value


def test_preference_training_keeps_a_second_model() -> None:
    alone, beside = (tuning_memory_of_row(ROW | {"method": method, "seq_len": "1024", "act_ckpt": "full"})
                     for method in ("full AdamW", "full DPO"))
    assert alone is not None
    assert beside is not None
    assert beside.memory.value - alone.memory.value == pytest.approx(2 * 6.74, rel=0.01)


def test_gib_and_gb_are_two_units() -> None:
    gb, gib = (tuning_memory_of_row(ROW | {"mem_unit": unit}) for unit in ("GB", "GiB"))
    assert gb is not None
    assert gib is not None
    assert gb.memory.value / gib.memory.value == pytest.approx(2**30 / 1e9)


@pytest.mark.parametrize(("method", "quant", "kept"), [
    ("qlora", "", "nf4-dq"), ("qlora all-linear", "4bit", "nf4-dq"), ("lora", "nf4", "nf4"), ("lora", "8bit", "8bit"),
    ("lora", "", ""), ("full AdamW", "", ""),
])  # fmt: skip
def test_the_words_of_a_row_say_how_weights_are_kept(method: str, quant: str, kept: str) -> None:
    row = ROW | {"method": method, "quant": quant}
    assert tuning_of_row(row, llama()).quant == kept


def test_the_words_of_a_row_say_what_the_optimizer_keeps() -> None:
    assert states_of({"method": "full AdamW", "precision": "bf16"}) == "mixed"
    assert states_of({"method": "full pure bf16", "precision": "bf16"}) == "pure bf16"
    assert states_of({"method": "full (8-bit Adam)", "precision": "bf16"}).startswith("8-bit")
