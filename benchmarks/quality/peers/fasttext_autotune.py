"""fastText with autotune: a tenth is held out for the search, then the settings found are trained on all rows."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

import fasttext
import pandas as pd
from job import Answers, Job, run_peer

HAN = re.compile(r"([\u4e00-\u9fff])")
LABEL = "__label__"
HELD_OUT = 0.1
SETTINGS = ("lr", "dim", "ws", "epoch", "minCount", "minn", "maxn", "wordNgrams", "bucket", "lrUpdateRate", "neg")


def words(text: str) -> str:
    """One line; each Chinese character becomes a word, since fastText parts words at blanks."""
    return " ".join(HAN.sub(r" \1 ", text).split())


def fit(job: Job, rows: pd.DataFrame) -> Any:
    names = sorted(set(rows[job.answer]))
    pairs = zip(rows[job.input], rows[job.answer], strict=True)
    lines = [f"{LABEL}{names.index(label)} {words(text)}" for text, label in pairs]
    held = set(rows.groupby(job.answer).sample(frac=HELD_OUT, random_state=job.seed).index)
    with tempfile.TemporaryDirectory() as folder:
        everything = _write(Path(folder) / "all", lines)
        learn = _write(Path(folder) / "learn", [line for i, line in enumerate(lines) if i not in held])
        check = _write(Path(folder) / "check", [lines[i] for i in sorted(held)])
        try:
            tuned = _search(learn, check, job, job.seed)
        except RuntimeError:  # its last training ran away to NaN: it gets a second chance, and all its seconds again
            tuned = _search(learn, check, job, job.seed + 1)
        return _on_all(tuned, everything, job), names


def _search(learn: str, check: str, job: Job, seed: int) -> Any:
    return fasttext.train_supervised(
        input=learn, autotuneValidationFile=check, autotuneDuration=int(job.seconds),
        thread=job.cores, seed=seed, verbose=0,
    )


def _on_all(tuned: Any, file: str, job: Job) -> Any:
    """The settings found, trained on all rows; the model of the search itself where that runs away to NaN."""
    found = tuned.f.getArgs()
    settings = {name: getattr(found, name) for name in SETTINGS}
    try:
        return fasttext.train_supervised(
            input=file, loss=found.loss.name, thread=job.cores, seed=job.seed, verbose=0, **settings
        )
    except RuntimeError:
        return tuned


def _write(path: Path, lines: list[str]) -> str:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def save(model: Any, folder: Path) -> None:
    folder.mkdir()
    model[0].save_model(str(folder / "model.bin"))


def answer(model: Any, job: Job, rows: pd.DataFrame) -> Answers:
    network, names = model
    found, _ = network.predict([words(text) for text in rows[job.input]])
    return [names[int(labels[0].removeprefix(LABEL))] if labels else names[0] for labels in found], None


if __name__ == "__main__":
    run_peer(("fasttext-numpy2-wheel",), fit, save, answer)
