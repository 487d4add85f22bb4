"""A tokenizer of one's own, learned from the texts of a project.

Two kinds. *Bytes*: byte-level byte-pair encoding (Sennrich et al. 2016; Radford et al. 2019), which knows no unknown
character. *Characters*: a Chinese character, a digit and a punctuation mark are a token each, only Latin and other
spelled words are merged: 3 bytes a character would make Chinese texts three times as long, and its merges learn
chance neighbours from few texts. Both fold width and case (NFKC, lower) and begin every text with [CLS], so that
an empty one has a token and the first word is known as the first. Between the two texts of a pair stands [SEP].
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

FILE = "tokenizer.json"
PAD, UNKNOWN, MASK, BEGIN, BETWEEN = range(5)
SPECIAL = ["[PAD]", "[UNK]", "[MASK]", "[CLS]", "[SEP]"]
"""Their numbers are their places."""
CHINESE_SHARE = 0.3
"""Texts with so many Chinese characters among their letters are read by characters."""
LEAST_TOKENS, MOST_TOKENS = 500, 16_000
LETTERS_A_TOKEN = 40
"""A token must be seen often enough to learn a vector for it: so many characters of text pay for one."""
MOST_LENGTH = 256
"""Tokens that are read of one text."""


def train_tokenizer(texts: Iterable[str], chinese: float) -> Tokenizer:
    """The tokenizer for texts with the share `chinese` of Chinese letters; its size grows with theirs."""
    texts = list(texts)
    size = int(np.clip(sum(map(len, texts)) // LETTERS_A_TOKEN, LEAST_TOKENS, MOST_TOKENS))
    tokenizer, trainer = _characters(size) if chinese >= CHINESE_SHARE else _bytes(size)
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        "[CLS] $A", pair="[CLS] $A [SEP] $B", special_tokens=[("[CLS]", BEGIN), ("[SEP]", BETWEEN)]
    )
    return tokenizer


def _bytes(size: int) -> tuple[Tokenizer, trainers.BpeTrainer]:
    tokenizer = Tokenizer(models.BPE(unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=size, min_frequency=2, special_tokens=SPECIAL,
                                  initial_alphabet=alphabet, show_progress=False)  # fmt: skip
    return tokenizer, trainer


def _characters(size: int) -> tuple[Tokenizer, trainers.BpeTrainer]:
    tokenizer = Tokenizer(models.BPE(unk_token="[UNK]", fuse_unk=False))
    alone = pre_tokenizers.Split(Regex(r"\p{Han}|\p{P}|\p{N}|\p{So}"), "isolated")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), alone])
    tokenizer.decoder = decoders.Fuse()
    trainer = trainers.BpeTrainer(vocab_size=size, min_frequency=2, special_tokens=SPECIAL,
                                  limit_alphabet=size * 3 // 4, show_progress=False)  # fmt: skip
    return tokenizer, trainer


def token_numbers(tokenizer: Tokenizer, texts: Sequence[Any], most: int = MOST_LENGTH) -> list[np.ndarray]:
    """The token numbers of each text or pair of texts, at most `most`, each an int64 array of at least one.

    Of a pair that is too long the longer text is cut, as a released net does it.
    """
    tokenizer.enable_truncation(most)
    return [np.asarray(each.ids, np.int64) for each in tokenizer.encode_batch_fast(list(texts))]


def save_tokenizer(tokenizer: Tokenizer, folder: Path, most: int) -> None:
    """`tokenizer.json`, which cuts and pads by itself from then on."""
    tokenizer.enable_truncation(most)
    tokenizer.enable_padding(pad_id=PAD, pad_token="[PAD]")
    tokenizer.save(str(folder / FILE), pretty=False)
