"""LoRA of a randomly initialised Llama of 7B shape on one GPU: packed rows beside the plain Trainer with peft.

    python benchmarks/gpu/lora.py [--rows 512] [--steps 30]
    python benchmarks/gpu/lora.py --smoke        # that the script runs, on a processor

Both read the same rows of random lengths in the same run, train the same adapters (rank 8 on queries and values,
peft's default for Llama) in bf16, and are counted in tokens of text a second, padding not among them. The plain way
pads each batch to its longest row; ours packs rows into full windows, in which positions begin anew with each row.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from typing import Any

import numpy as np
import torch
from peft import LoraConfig, get_peft_model
from transformers import LlamaConfig, LlamaForCausalLM, Trainer, TrainingArguments

from breakeven.models.nn.devices import choose_device

SEVEN = {"vocab_size": 32_000, "hidden_size": 4_096, "intermediate_size": 11_008, "num_hidden_layers": 32,
         "num_attention_heads": 32, "max_position_embeddings": 4_096}  # fmt: skip
TOY = {"vocab_size": 200, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2,
       "num_attention_heads": 2, "max_position_embeddings": 256}  # fmt: skip
BATCH = 8
RATE = 2e-4


def make_model(shape: dict[str, int], kind: torch.device) -> Any:
    """Random weights in bf16 with adapters as peft proposes them."""
    torch.manual_seed(0)
    torch.set_default_dtype(torch.bfloat16)
    with kind:
        model = LlamaForCausalLM(LlamaConfig(**shape, attn_implementation="sdpa"))
    torch.set_default_dtype(torch.float32)
    return get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", target_modules=["q_proj", "v_proj"]))


def make_rows(count: int, most: int, vocabulary: int) -> list[np.ndarray]:
    """Rows of log-normal lengths, as instructions have them."""
    random = np.random.default_rng(0)
    lengths = np.clip(np.exp(random.normal(np.log(most / 6), 0.8, count)), 8, most).astype(int)
    return [random.integers(0, vocabulary, length) for length in lengths]


def plain(model: Any, rows: list[np.ndarray], steps: int, cpu: bool) -> float:
    """Tokens of text a second with transformers' Trainer as it comes; the first tenth of the steps is not timed."""
    def collate(batch: list[dict[str, Any]]) -> dict[str, torch.Tensor]:
        longest = max(len(each["ids"]) for each in batch)
        ids = torch.zeros(len(batch), longest, dtype=torch.int64)
        mask = torch.zeros_like(ids)
        for place, each in enumerate(batch):
            ids[place, : len(each["ids"])], mask[place, : len(each["ids"])] = torch.from_numpy(each["ids"]), 1
        return {"input_ids": ids, "attention_mask": mask, "labels": ids.masked_fill(mask == 0, -100)}

    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            folder, per_device_train_batch_size=BATCH, max_steps=steps, learning_rate=RATE, bf16=not cpu, use_cpu=cpu,
            report_to=[], save_strategy="no", logging_strategy="no", disable_tqdm=True, remove_unused_columns=False,
        )  # fmt: skip
        dataset: Any = [{"ids": each} for each in rows]
        trainer = Trainer(model, arguments, train_dataset=dataset, data_collator=collate)
        clock = Clock(max(1, steps // 10), lambda inputs: int(inputs["attention_mask"].sum()))
        step = trainer.training_step
        trainer.training_step = lambda m, inputs, *more: clock.around(lambda: step(m, inputs, *more), inputs)
        trainer.train()
    return clock.rate()


def packed(model: Any, rows: list[np.ndarray], steps: int, window: int, kind: torch.device) -> float:
    """Tokens of text a second with packed windows, a fused optimizer and nothing around the loop."""
    trained = [each for each in model.parameters() if each.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=RATE, fused=True)
    clock = Clock(max(1, steps // 10), lambda inputs: int((inputs["labels"] != -100).sum()))
    windows = pack(rows, window)
    model.train()
    for number in range(steps):
        inputs = {name: each.to(kind) for name, each in windows[number % len(windows)].items()}

        def step(given: dict[str, torch.Tensor] = inputs) -> None:
            model(**given, use_cache=False).loss.backward()
            torch.nn.utils.clip_grad_norm_(trained, 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)

        clock.around(step, inputs)
    return clock.rate()


def pack(rows: list[np.ndarray], window: int) -> list[dict[str, torch.Tensor]]:
    """Windows of whole rows, the longest first into the first window that has room."""
    bins: list[list[np.ndarray]] = []
    for row in sorted(rows, key=len, reverse=True):
        room = next((each for each in bins if sum(map(len, each)) + len(row) <= window), None)
        if room is None:
            bins.append([row])
        else:
            room.append(row)
    made = []
    for each in bins:
        ids = torch.from_numpy(np.concatenate(each))[None]
        places = torch.from_numpy(np.concatenate([np.arange(len(row)) for row in each]))[None]
        made.append({"input_ids": ids, "position_ids": places, "labels": ids.masked_fill(places == 0, -100)})
    return made


class Clock:
    """Counts text tokens and seconds of steps, those of the warm-up apart."""

    def __init__(self, warm_up: int, tokens_of: Any) -> None:
        self.left, self.tokens_of, self.tokens, self.seconds = warm_up, tokens_of, 0, 0.0

    def around(self, step: Any, inputs: dict[str, torch.Tensor]) -> Any:
        begun = time.perf_counter()
        found = step()
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        if self.left:
            self.left -= 1
        else:
            self.tokens += self.tokens_of(inputs)
            self.seconds += time.perf_counter() - begun
        return found

    def rate(self) -> float:
        return self.tokens / max(1e-9, self.seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=512)
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--smoke", action="store_true")
    asked = parser.parse_args()
    device = choose_device(1, "cpu" if asked.smoke else None)
    shape = TOY if asked.smoke else SEVEN
    most = shape["max_position_embeddings"] // 2
    rows = make_rows(asked.rows, most, shape["vocab_size"])
    rates = {}
    for name in ("plain", "packed"):
        model = make_model(shape, device.torch)
        if name == "plain":
            rates[name] = plain(model, rows, asked.steps, device.kind == "cpu")
        else:
            rates[name] = packed(model, rows, asked.steps, 2 * most, device.torch)
        taken = torch.cuda.max_memory_allocated() if device.kind == "cuda" else 0
        print(json.dumps({"way": name, "tokens_per_second": round(rates[name]), "bytes_taken": taken}), flush=True)
        del model
    print(json.dumps({"device": device.name, "packed_by_plain": round(rates["packed"] / rates["plain"], 3)}))


if __name__ == "__main__":
    main()
