"""The model-bound case: news of about 128 tokens, and a net of 4 layers, 256 wide, that the product has released.

The texts are those of agnews_small, put together by topic until they are long enough; the family stands in
net_family/ and is found by its entry point, as a stranger's package is.
"""

from __future__ import annotations

import csv
import gzip
import json
import sys
from collections import defaultdict
from hashlib import sha256
from pathlib import Path

from bench import HERE, ROOT, Bench, product, tell
from making import Case, fresh, make_keys, release_folder, write_project

sys.path.append(str(ROOT / "benchmarks" / "quality"))
FAMILY = HERE / "net_family"
TOKENS, TEXTS, TRAINED_ON, CHARACTERS = 128, 64, 100, 650
PATH = f"{ROOT}:{FAMILY}"
"""Where Python finds the family, for training and for serving."""


def net_case(bench: Bench) -> Case:
    """The project and its release; kept from run to run as long as the family's file is the same."""
    place = bench.scratch / "net"
    digest = sha256((FAMILY / "benchmark_net.py").read_bytes()).hexdigest()
    mark = place / "made"
    if not mark.exists() or mark.read_text() != digest:
        tell("training and releasing the net")
        fresh(place)
        texts = _write_texts(place / "texts.csv")
        (place / "long.json").write_text(json.dumps(texts))
        write_project(place, "text-classification", "texts.csv")
        product("run", place, "--only", "benchmark_net", PYTHONPATH=PATH)
        mark.write_text(digest)
    texts = json.loads((place / "long.json").read_text())
    return Case(place, _of_length(place, texts), place / "keys.json", make_keys(place / "keys.json"))


def _write_texts(path: Path) -> list[str]:
    """Write the rows, and return some texts that are longer than TOKENS."""
    from sets import data_folder

    file = data_folder() / "agnews_small" / "train.csv.gz"
    if not file.exists():
        raise SystemExit(f"the data sets are not at {data_folder()}: set BREAKEVEN_DATA")
    with gzip.open(file, "rt", encoding="utf-8", newline="") as rows:
        by_topic: dict[str, list[str]] = defaultdict(list)
        for row in csv.DictReader(rows):
            by_topic[row["label"]].append(row["text"])
    joined = [(text, topic) for topic, texts in by_topic.items() for text in _joined(texts)]
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(["text", "answer"])
        writer.writerows(joined[:: max(1, len(joined) // TRAINED_ON)])
    return [text for text, _ in joined[:: max(1, len(joined) // (3 * TEXTS))]]


def _joined(texts: list[str]) -> list[str]:
    """Texts of about CHARACTERS, of several short ones each."""
    made, begun = [], ""
    for text in texts:
        begun = f"{begun} {text}".strip()
        if len(begun) >= CHARACTERS:
            made.append(begun)
            begun = ""
    return made


def _of_length(project: Path, texts: list[str]) -> list[dict[str, float] | str]:
    """Beginnings of the texts that are exactly TOKENS long for the release's own tokenizer."""
    found: list[dict[str, float] | str] = []
    tokenizer = tokenizer_of(project)
    for text in texts:
        spans = tokenizer.encode(text).offsets
        for last in range(min(TOKENS, len(spans)) - 1, max(0, len(spans) and TOKENS - 6), -1):
            short = text[: spans[last][1]]
            if len(tokenizer.encode(short).ids) == TOKENS:
                found.append(short)
                break
    if len(found) < TEXTS // 2:
        raise SystemExit(f"only {len(found)} texts have {TOKENS} tokens")
    return found[:TEXTS]


def tokenizer_of(project: Path):  # type: ignore[no-untyped-def]
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(release_folder(project) / "artifact" / "tokenizer.json"))
    tokenizer.no_padding()
    return tokenizer
