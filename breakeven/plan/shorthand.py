"""The classic shorthand of an AI start-up's capital, C = C_r + C_d + C_m + C_p, checked, beside a version that adds up.

    C_r = M·S ÷ (P·t)      compute         M parameters, S GPUs a node, P nodes, t days
    C_d = k·M·S·P·t        research        k a share
    C_m = C_m0 + C_mg·M    marketing       money, and money a parameter
    C_p = k_p·(M + S·P·t)  people          k_p a share

It is taught with GPT-3: M = 1,750 (in 10^8), S = 4, t = 1 day, k = 50 %, C_m0 = 1, C_mg = 1, k_p = 10 %, and the
results 70 + 35 + 5 + 3, said to be 118 (in 10^6 usd); P is not told. Here every term is computed by figures with units,
so that what cannot be added is refused by the arithmetic itself. The version that adds up is `quick_costs.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

from breakeven.core.figure import Figure, assumed, published
from breakeven.core.units import UnitError
from breakeven.core.words import N_, Message, say

STATED = (70.0, 35.0, 5.0, 3.0)
"""C_r, C_d, C_m and C_p as the example states them, in millions of usd."""
STATED_TOTAL = 118.0
MILLION = 1e6
PARAMS_COUNTED_BY = 1e8
GPT3_PARAMS = 175e9
HOURS_A_DAY = 24.0


@dataclass(frozen=True)
class Shorthand:
    """What the shorthand takes. `params` M, `gpus_per_node` S, `nodes` P, `days` t, the shares k and k_p, and money."""

    params: float = GPT3_PARAMS
    gpus_per_node: float = 4.0
    nodes: float = 100.0
    """Not told by the example: 100 is what its C_r = 70 takes."""
    days: float = 1.0
    k: float = 0.5
    marketing_usd: float = 1e6
    marketing_usd_per_100m_params: float = 1e6
    k_p: float = 0.1


@dataclass(frozen=True)
class Term:
    """A term of the shorthand: its unit as the arithmetic gives it, and its bare number with M counted in 10^8.

    `stated`: what the worked example says, in millions; None when other inputs were given.
    """

    name: str
    formula: str
    figure: Figure | None
    """None: it cannot be computed, its parts are of different kinds."""
    bare: float
    stated: float | None


@dataclass(frozen=True)
class Checked:
    """The shorthand held against its units, its own example and what is known."""

    inputs: Shorthand
    terms: tuple[Term, ...]
    bare_total: float
    faults: tuple[Message, ...]
    facts: tuple[Figure, ...]


def check(inputs: Shorthand) -> Checked:
    """Compute the shorthand term by term and name what is wrong with it."""
    as_taught = inputs == Shorthand(nodes=inputs.nodes)
    terms = _terms(inputs, STATED if as_taught else (None,) * 4)
    total = sum(term.bare for term in terms)
    faults = [*_unit_faults(inputs), _no_price(inputs), *_people_and_parameters(inputs)]
    if as_taught:
        faults += _example_faults(inputs, terms, total)
    return Checked(inputs, terms, total, tuple(faults), gpt3_facts())


def _terms(inputs: Shorthand, stated: tuple[float | None, ...]) -> tuple[Term, ...]:
    """The four terms. Bare numbers are what one gets by putting in M as 1,750 and reading the result as millions."""
    figures = figures_of(inputs)
    m, work = inputs.params / PARAMS_COUNTED_BY, inputs.nodes * inputs.days
    bare = (
        m * inputs.gpus_per_node / work,
        inputs.k * m * inputs.gpus_per_node * work,
        (inputs.marketing_usd + inputs.marketing_usd_per_100m_params * m) / MILLION,
        inputs.k_p * (m + inputs.gpus_per_node * work),
    )
    names = ((N_("compute, C_r"), "M·S ÷ (P·t)"), (N_("research, C_d"), "k·M·S·P·t"),
             (N_("marketing, C_m"), "C_m0 + C_mg·M"), (N_("people, C_p"), "k_p·(M + S·P·t)"))
    return tuple(
        Term(name, formula, figure, number, said)
        for (name, formula), figure, number, said in zip(names, figures, bare, stated, strict=True)
    )


def figures_of(inputs: Shorthand) -> tuple[Figure | None, ...]:
    """C_r, C_d, C_m, C_p as figures; None for one whose parts cannot be added."""
    given = "the shorthand"
    m = assumed(inputs.params, "parameter", N_("parameters"), given)
    s = assumed(inputs.gpus_per_node, "gpu/node", N_("GPUs of a node"), given)
    p = assumed(inputs.nodes, "node", N_("nodes"), given)
    t = assumed(inputs.days, "day", N_("days"), given)
    per_parameter = assumed(inputs.marketing_usd_per_100m_params / PARAMS_COUNTED_BY, "usd/parameter",
                            N_("marketing a parameter"), given)
    marketing = assumed(inputs.marketing_usd, "usd", N_("marketing, fixed"), given)
    try:
        people: Figure | None = (m + s * p * t) * inputs.k_p
    except UnitError:
        people = None
    compute = (m * s / (p * t)).counted_in("parameter·gpu/node^2/day")
    return compute, (m * s * p * t * inputs.k).counted_in("parameter·gpu·day"), marketing + per_parameter * m, people


def _unit_faults(inputs: Shorthand) -> list[Message]:
    """What the arithmetic of units refuses, in its own words."""
    compute, research, marketing, people = figures_of(inputs)
    faults = []
    assert compute is not None
    for name, other in (("C_d", research), ("C_m", marketing)):
        assert other is not None
        try:
            compute + other
        except UnitError:
            faults.append(say("C_r + {name} is no sum: {one} and {other} are different things", name=name,
                              one=str(compute.unit), other=str(other.unit)))
    if people is None:
        faults.append(say("C_p adds parameters to GPU-days, which is no sum: a wage bill depends on neither"))
    return faults


def _no_price(inputs: Shorthand) -> Message:
    """More nodes or more days make C_r smaller, while what is rented costs more."""
    twice = figures_of(Shorthand(inputs.params, inputs.gpus_per_node, inputs.nodes * 2, inputs.days))[0]
    once = figures_of(Shorthand(inputs.params, inputs.gpus_per_node, inputs.nodes, inputs.days))[0]
    assert twice is not None
    assert once is not None
    return say(
        "no price stands in C_r or C_d, and C_r falls to {share} when the nodes or the days are doubled, though twice "
        "as much is rented", share=twice.value / once.value,
    )


def _people_and_parameters(inputs: Shorthand) -> list[Message]:
    """What no formula of this form can know."""
    hours = inputs.nodes * inputs.gpus_per_node * inputs.days * HOURS_A_DAY
    return [
        say("tokens, the speed of a chip, how well it is used, failures and serving are missing: training takes "
            "6 × parameters × tokens, not parameters alone"),
        say("its nodes and days rent {count} GPU-hours, {share} of the {hours} that GPT-3 took",
            count=hours, share=hours / GPT3_HOURS, hours=GPT3_HOURS)
        if inputs.params == GPT3_PARAMS else
        say("its nodes and days rent {count} GPU-hours, whatever the training needs", count=hours),
    ]


def _example_faults(inputs: Shorthand, terms: tuple[Term, ...], total: float) -> list[Message]:
    """Where the worked example contradicts its own formulas."""
    m = inputs.params / PARAMS_COUNTED_BY
    compute, research, marketing, people = STATED
    gives = [term.bare for term in terms]
    return [
        say("the stated {parts} is {sum}, not {stated}", parts="70 + 35 + 5 + 3", sum=sum(STATED), stated=STATED_TOTAL),
        say("the number of nodes is not told; C_r = {stated} takes nodes × days = {work}, and then C_d is {gives}, not "
            "{research}: {research} is k × C_r and takes nodes × days = 1, where C_r would be {other}",
            stated=compute, work=m * inputs.gpus_per_node / compute, research=research,
            gives=inputs.k * m * inputs.gpus_per_node * (m * inputs.gpus_per_node / compute),
            other=m * inputs.gpus_per_node),
        say("C_m gives {gives}, not {stated}, which a model of {params} parameters would take",
            gives=gives[2], stated=marketing, params=(marketing - 1.0) * PARAMS_COUNTED_BY),
        say("C_p gives {gives}, not {stated}", gives=gives[3], stated=people),
        say("by its own formulas and inputs the sum is {gives} million, {times} times what is stated",
            gives=total, times=total / STATED_TOTAL),
    ]


GPT3_HOURS = 3.55e6
GPT3_FLOP = 3.14e23


def gpt3_facts() -> tuple[Figure, ...]:
    """What was published of GPT-3: the work, the devices and the hours."""
    patterson = ("Patterson et al., Carbon Emissions and Large Neural Network Training, arXiv:2104.10350", "2021-04-21")
    brown = ("Brown et al., Language Models are Few-Shot Learners, arXiv:2005.14165, table D.1", "2020-05-28")
    return (
        published(GPT3_PARAMS, "parameter", N_("parameters of GPT-3"), *brown),
        published(300e9, "token", N_("training tokens of GPT-3"), *brown),
        published(GPT3_FLOP, "flop", N_("work of training GPT-3"), *brown),
        published(10_000, "gpu", N_("V100 GPUs of GPT-3"), *patterson),
        published(14.8, "day", N_("days of training GPT-3"), *patterson),
        published(GPT3_HOURS, "gpu·hour", N_("V100-hours of GPT-3"), *patterson),
    )
