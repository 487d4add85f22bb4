"""A typical shape from a parameter count alone, so that "7B" is enough to plan with.

Layers follow published models (about 12 of 125M, 32 of 7B, 80 of 70B, 126 of 405B), the width is chosen so that an
MLP of the usual proportion fits, and the MLP then takes up what is left: the count of the shape is the count asked
for within a part in a thousand, whatever else was given.
"""

from __future__ import annotations

import itertools
import math
import re
from dataclasses import replace

from breakeven.core.errors import UsageError
from breakeven.core.words import say
from breakeven.estimate.parameters import count
from breakeven.estimate.shape import Shape

SUFFIX = {"k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12, "": 1.0}
TYPICAL_LAYERS = ((3e7, 6), (1.25e8, 12), (3.5e8, 20), (1.3e9, 24), (3e9, 28), (7e9, 32), (1.3e10, 40), (3.3e10, 60),
                  (7e10, 80), (1.75e11, 96), (4.05e11, 126), (1e12, 128), (1e13, 160))
"""GPT-2 and GPT-3 (arXiv:2005.14165 table 2.1), LLaMA 1 to 3.1 (arXiv:2302.13971, 2307.09288, 2407.21783)."""
HEAD_WIDTH = 128
SMALLEST, LARGEST = 1e6, 1e14


def parse_size(text: str) -> float:
    """The number of parameters written as `7B`, `405b`, `1.2T`, `350m` or `175e9`. Raises UsageError."""
    found = re.fullmatch(r"\s*([0-9][0-9_,]*\.?[0-9]*(?:e\+?[0-9]+)?)\s*([kmbt]?)\s*", text.lower())
    if not found:
        raise UsageError(say("{text} is not a number of parameters", text=text), "params",
                         say("write it as 7B, 350m, 1.2T or 175e9"))
    return checked_size(float(re.sub(r"[_,]", "", found[1])) * SUFFIX[found[2]])


def checked_size(params: float) -> float:
    """The same number. Raises UsageError where no transformer is that small or large."""
    if not SMALLEST <= params <= LARGEST:
        raise UsageError(say("a model of {count} parameters is out of range", count=params), "params",
                         say("between {low} and {high}; write 7B for seven thousand million", low="1M", high="100T"))
    return params


def shape_of_size(params: float, active: float | None = None, *, layers: int | None = None, width: int | None = None,
                  heads: int | None = None, kv_heads: int | None = None, vocabulary: int | None = None,
                  gated: bool = True, name: str = "") -> Shape:
    """A decoder of `params` parameters; where `active` is less, a mixture of experts that a token passes so many of.

    What is given of layers, width, heads and vocabulary is kept; the rest is typical. Raises UsageError where they
    cannot be one model.
    """
    checked_size(params)
    if active is not None and not 0 < active <= params:
        raise UsageError(say("{active} of {count} parameters cannot be active", active=active, count=params),
                         "active", say("give at most all of them"))
    name = name or _written(params, active)
    dense = _dense(active or params, layers, width, heads, kv_heads, vocabulary, gated, name)
    return dense if active is None or active > 0.98 * params else _with_experts(dense, params)


def _written(params: float, active: float | None) -> str:
    """The size as a name: `7B`, `235B-A22B`."""
    def short(number: float) -> str:
        letter, scale = next((c, s) for c, s in (("T", 1e12), ("B", 1e9), ("M", 1e6), ("", 1.0)) if number >= s)
        return f"{number / scale:.3g}{letter}"
    return short(params) + (f"-A{short(active)}" if active else "")


def _dense(params: float, layers: int | None, width: int | None, heads: int | None, kv_heads: int | None,
           vocabulary: int | None, gated: bool, name: str) -> Shape:
    vocabulary = vocabulary or typical_vocabulary(params)
    tied = params < 2e9
    layers = layers or typical_layers(params)
    width = width or _typical_width(params, layers, vocabulary * (1 if tied else 2))
    if heads is None:
        heads = max(1, round(width / HEAD_WIDTH if width >= 2048 else width / 64))
        kv_heads = kv_heads or (8 if heads >= 32 and heads % 8 == 0 else heads)
    bare = Shape(name, layers, width, heads, kv_heads or heads, max(1, width // heads), 0, vocabulary,
                 gated=gated, tied=tied)
    left = params - count(bare).total
    if left <= 0 and not tied:
        return _dense_tied(replace(bare, tied=True), params)
    return replace(bare, ffn_width=_inner(bare, left))


def _dense_tied(bare: Shape, params: float) -> Shape:
    """What is too small for two matrices of the vocabulary has one."""
    return replace(bare, ffn_width=_inner(bare, params - count(bare).total))


def _inner(bare: Shape, left: float) -> int:
    """Inner width of the MLP that takes up `left` parameters. Raises UsageError if nothing is left."""
    inner = round(left / (bare.layers * bare.width * (3 if bare.gated else 2)))
    if inner < 1:
        raise UsageError(
            say("{layers} layers of width {width} need more than the stated parameters",
                layers=bare.layers, width=bare.width),
            "layers", say("give fewer layers, a smaller width, or more parameters"))
    return inner


def typical_layers(params: float) -> int:
    """Layers of a published model of that size, interpolated between their logarithms."""
    points = [(math.log(size), layers) for size, layers in TYPICAL_LAYERS]
    at = min(max(math.log(params), points[0][0]), points[-1][0])
    (x0, y0), (x1, y1) = next(pair for pair in itertools.pairwise(points) if at <= pair[1][0])
    layers = y0 + (y1 - y0) * (at - x0) / (x1 - x0)
    step = 2 if layers < 40 else 4
    return step * round(layers / step)


def typical_vocabulary(params: float) -> int:
    """Rows of the vocabulary: 32 thousand of 125M, 107 thousand of 7B, 128 thousand above 14B."""
    rows = 32_000 * (params / 1.25e8) ** 0.3
    return 256 * round(min(max(rows, 8_192.0), 128_256.0) / 256)


def _typical_width(params: float, layers: int, rows: int) -> int:
    """Width at which 12·layers·width² + rows·width are the parameters; of a large model in whole eights of heads."""
    a, b = 12.0 * layers, float(rows)
    width = (-b + math.sqrt(b * b + 4 * a * params)) / (2 * a)
    step = 8 * HEAD_WIDTH if width >= 3584 else 4 * HEAD_WIDTH if width >= 2048 else 64
    return max(64, step * round(width / step))


def _with_experts(dense: Shape, params: float) -> Shape:
    """The MLP cut into experts, whole eights of them, so many that all parameters together are `params`.

    What a token passes stays what it was: what the chosen experts leave of the MLP is a shared expert.
    """
    plane = 3 * dense.layers * dense.width
    more = params - count(dense).total
    ratio = 1.0 + more / (plane * dense.ffn_width)
    chosen = 2 if ratio < 5 else 8
    experts = 8 * math.ceil(chosen * ratio / 8)
    inner = max(1, round(more / (plane * (experts - chosen))))
    left = dense.ffn_width - chosen * inner - round(experts / 3)  # the router passes every token to all experts' rows
    return replace(dense, experts=experts, experts_active=chosen, expert_width=inner, ffn_width=0,
                   shared_experts=int(left > 0), shared_width=max(left, 0))


def stretched(shape: Shape, params: float) -> Shape:
    """The shape with its MLPs (or experts) made wider or narrower, so that it has `params` parameters.

    A published shape whose stated count is a rounded one moves with that count instead of standing still.
    """
    counted = count(shape)
    movable = counted.mlp + counted.experts
    factor = 1.0 + (params - counted.total) / movable if movable else 1.0
    if not 0.5 < factor < 2.0:
        return shape
    return replace(shape, ffn_width=round(shape.ffn_width * factor), expert_width=round(shape.expert_width * factor))
