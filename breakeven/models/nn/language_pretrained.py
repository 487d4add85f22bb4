"""A pretrained decoder of the transformers library: scored as it is, trained on with the rows, kept if better."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from transformers import AutoModelForCausalLM, AutoTokenizer

from breakeven.core.words import say
from breakeven.models.model import Declined, Trained, Work
from breakeven.models.nn.checkpoint import forget_checkpoint
from breakeven.models.nn.devices import Device, choose_device
from breakeven.models.nn.encoder import unreadable
from breakeven.models.nn.fetch import weights_named
from breakeven.models.nn.gpt import mean_loss
from breakeven.models.nn.language_answers import SETTINGS, nats_of
from breakeven.models.nn.language_data import Encoded, Packed, PackedBatches
from breakeven.models.nn.language_training import HELD_OUT_ROWS, Share, curves_of, held_out_loss, kept_in, seconds_told
from breakeven.models.nn.loop import Trace, Watch, train_net
from breakeven.models.nn.parallel import own_share, process_group, processes, train_in_parallel, way_of
from breakeven.models.nn.schedule import LoopSettings
from breakeven.models.rendering import Reading, per_byte
from breakeven.models.weights import Weights
from breakeven.outputs.chats import Said
from breakeven.store import write_bytes

FOLDER = "model"
MOST_CONTEXT = 512
LEARNING_RATE = 5e-5
EPOCHS = 3
BATCH_TOKENS = 2_048


class HubTokens:
    """The tokenizer of a checkpoint. Chats take its own template, where it has one that only ever adds at the end."""

    def __init__(self, tokenizer: Any) -> None:
        self.tokenizer = tokenizer
        self.end = tokenizer.eos_token_id if tokenizer.eos_token_id is not None else tokenizer.pad_token_id
        if self.end is None:
            raise Declined(say("its tokenizer has no sign for the end of a text"))
        self.begin = tokenizer.bos_token_id if tokenizer.bos_token_id is not None else self.end
        self.vocabulary = len(tokenizer)
        self.has_turns = bool(tokenizer.chat_template)
        signs = [each.content for each in tokenizer.added_tokens_decoder.values() if each.special]
        self._signs = re.compile("|".join(map(re.escape, signs))) if signs else None

    def encode(self, said: Sequence[Said]) -> Encoded:
        if said[-1].role == "":
            ids = [self.begin, *self._ids(said[-1].text), self.end]
            return np.asarray(ids, np.int32), np.arange(len(ids)) > 0
        found: list[int] = []
        marks: list[bool] = []
        for place, each in enumerate(said):
            asked = self._turns(said[:place], each.scored)
            told = self._turns(said[: place + 1], False)
            if each.scored and told[: len(asked)] == asked:
                marks += [False] * (len(asked) - len(found)) + [True] * (len(told) - len(asked))
            else:
                marks += [False] * (len(told) - len(found))
            found = told
        return np.asarray(found, np.int32), np.asarray(marks, bool)

    def prompt(self, said: Sequence[Said]) -> list[int]:
        if said[-1].role == "":
            return [self.begin, *self._ids(said[-1].text)]
        return self._turns(said[:-1] if said[-1].role == "assistant" else said, True)

    def text(self, ids: Sequence[int]) -> str:
        return self.tokenizer.decode(ids, skip_special_tokens=True)  # type: ignore[no-any-return]

    @property
    def ends(self) -> frozenset[int]:
        return frozenset([self.end])

    @property
    def banned(self) -> tuple[int, ...]:
        return ()

    def _ids(self, text: str) -> list[int]:
        return self.tokenizer(text, add_special_tokens=False)["input_ids"]  # type: ignore[no-any-return]

    def _turns(self, said: Sequence[Said], asks: bool) -> list[int]:
        """The tokens of some messages; `asks` adds what stands before an answer."""
        if not self.has_turns:
            text = "".join(f"{each.role}: {self._clean(each.text)}\n" for each in said) + ("assistant:" if asks else "")
            return [self.begin, *self._ids(text)]
        if not said:
            return []
        messages = [{"role": each.role, "content": self._clean(each.text)} for each in said]
        text = self.tokenizer.apply_chat_template(messages, add_generation_prompt=asks, tokenize=False)
        return self._ids(text)


    def _clean(self, text: str) -> str:
        """The text without the signs of the tokenizer: what somebody says must not open a turn of another."""
        while self._signs and (cleaned := self._signs.sub("", text)) != text:
            text = cleaned
        return text


class Decoder(nn.Module):
    """A checkpoint as the loop sees it: token numbers -> logits."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, ids: Tensor) -> Tensor:
        return self.model(input_ids=ids, use_cache=False).logits  # type: ignore[no-any-return]


def train_pretrained(work: Work) -> Trained:
    """Score the model as it is, train it on the fit rows of the first fold, keep what is better on its score rows.

    Of several folds each is trained by itself for the predictions; the artifact is the model of the last one. Under
    torchrun all processes come here and train together.
    """
    device = choose_device(work.threads)
    if processes() == 1:
        return _train(work, device)
    with process_group(device.kind):
        return _train(work, device)


def _train(work: Work, device: Device) -> Trained:
    weights = weights_named(str(work.candidate.setting("weights")), Path(str(work.candidate.setting("folder"))))
    reading = Reading.of((column.name for column in work.dataset.inputs), work.dataset.answer)
    said = reading.said(work.rows)
    tokens = HubTokens(_tokenizer(weights.folder))
    rows = [tokens.encode(each) for each in said]
    context, kept = context_of(weights), kept_in(work)
    predictions = np.empty((len(work.scored), 1))
    traces: list[Trace] = []
    foreseen: list[float] = []
    model: Any = None
    for number, (fit, score) in enumerate(work.folds):
        model = load_decoder(weights)
        share = Share(work, number, len(work.folds), told=foreseen)
        found, trace = _tuned(work, model, rows, fit, score, context, device, share, kept and kept / str(number))
        predictions[np.searchsorted(work.scored, score)] = per_byte(found, [said[row] for row in score])
        traces.append(trace)
    some = work.folds[-1][0][:HELD_OUT_ROWS]
    seen = per_byte(nats_of(Decoder(model), [rows[row] for row in some], context), [said[row] for row in some])
    _save(work, model, tokens, reading, context, any(each[-1].role for each in said))
    forget_checkpoint(kept)
    settings: dict[str, str | int | float | bool | None] = {
        "weights": weights.name, "digest": weights.digest, "context": context, "steps": traces[0].step,
        "trained_on": bool(traces[-1].best_step), **seconds_told(foreseen, traces),
    }  # fmt: skip
    return Trained(predictions, work.metric.score(work.target[some], seen, None), settings,
                   any(trace.cut_short for trace in traces), curves=curves_of(traces))  # fmt: skip


def _tuned(
    work: Work, model: Any, rows: list[Encoded], fit: np.ndarray, score: np.ndarray, context: int, device: Device,
    share: Share, folder: Path | None,
) -> tuple[np.ndarray, Trace]:  # fmt: skip
    """Train the model in place unless that makes it worse; the nats of the score rows, and how it went."""
    held = [rows[row] for row in score]
    net = Decoder(model)
    before = {name: each.clone() for name, each in model.state_dict().items()}
    measure = held_out_loss(held, context, work.seed)
    as_it_is = measure(net.eval())
    packed = Packed.of([rows[row] for row in fit], work.seed)
    length = min(context, len(packed) - 1)
    batches = PackedBatches(packed, max(processes(), BATCH_TOKENS // length), length, work.seed, own_share())
    steps = max(4, round(EPOCHS * len(packed) / (batches.rows * length)))
    settings = LoopSettings(steps, LEARNING_RATE, warm_up=0.1, floor=0.1, seed=work.seed)
    watch = Watch(measure, times=6, patience=3)
    if processes() > 1:
        spread = Decoder(copy.deepcopy(model))  # spread over the processes it is of no use any more
        found, trace = train_in_parallel(spread, batches, settings, device, share.seconds_left, way_of(work), watch,
                                         None, share.tell, folder=folder)  # fmt: skip
        net.load_state_dict(found)
    else:
        trace = train_net(net, batches, lambda n, t: mean_loss(n(t["ids"]), t["targets"]), settings, device,
                          share.seconds_left, folder, watch, None, share.tell,
                          work.trace_file(f"fold {share.number + 1}"))  # fmt: skip
    if not trace.best < as_it_is:
        model.load_state_dict(before)
        trace.best_step = 0
    return nats_of(net, held, context), trace


def load_decoder(weights: Weights) -> Any:
    """The checkpoint in fp32, ready to be trained. Raises Declined where it is no decoder."""
    try:
        model: Any = AutoModelForCausalLM.from_pretrained(weights.folder, use_safetensors=True, trust_remote_code=False)
    except Exception as fault:  # whatever is wrong with somebody's folder
        raise Declined(unreadable(weights, fault)) from None
    return model.float()


def context_of(weights: Weights) -> int:
    stated = weights.config.get("max_position_embeddings") or weights.config.get("n_positions") or MOST_CONTEXT
    return int(min(MOST_CONTEXT, stated - 1))


def _tokenizer(folder: Path) -> Any:
    return AutoTokenizer.from_pretrained(folder, trust_remote_code=False)


def _save(work: Work, model: Any, tokens: HubTokens, reading: Reading, context: int, chat: bool) -> None:
    model.save_pretrained(work.artifact / FOLDER, safe_serialization=True)
    tokens.tokenizer.save_pretrained(work.artifact / FOLDER)
    content = {"kind": "transformers", "context": context, "prompts": reading.prompts, "answer": reading.answer,
               "chat": chat}  # fmt: skip
    write_bytes(work.artifact / SETTINGS, json.dumps(content, ensure_ascii=False).encode())


def load_pretrained(folder: Path, context: int) -> tuple[Any, HubTokens, int]:
    """Model, tokenizer and context of an artifact."""
    model: Any = AutoModelForCausalLM.from_pretrained(folder / FOLDER, use_safetensors=True, dtype=torch.float32)
    return model.eval(), load_tokens(folder), context


def load_tokens(folder: Path) -> HubTokens:
    """The tokenizer of an artifact."""
    return HubTokens(_tokenizer(folder / FOLDER))
