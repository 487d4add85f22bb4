"""What the parts of the report share: the run, the language and how numbers are written in it."""

from __future__ import annotations

from dataclasses import dataclass

from breakeven.interfaces.answer import chosen, main_metric, metric_named, metric_title
from breakeven.interfaces.numbers import Writer, writer
from breakeven.interfaces.words import Voice
from breakeven.records.run import Run, Rung


@dataclass(frozen=True)
class Speaker:
    """The voice of a page and how it writes numbers."""

    voice: Voice

    @property
    def write(self) -> Writer:
        return writer(self.voice.language)


@dataclass(frozen=True)
class Subject(Speaker):
    """A run and the voice that tells of it."""

    run: Run

    @property
    def picked(self) -> Rung | None:
        return chosen(self.run)

    @property
    def metric(self) -> str:
        """The title of the metric that the run is judged by."""
        return self.voice(metric_title(self.run, main_metric(self.run)))

    @property
    def higher(self) -> bool:
        """Whether more of the metric is better."""
        metric = metric_named(self.run, main_metric(self.run))
        return metric.higher if metric else True

    @property
    def bound(self) -> float | None:
        """The bound of quality that was asked for."""
        target = self.run.project.target
        return target.at_least if target.at_least is not None else target.at_most

    def scored(self) -> list[Rung]:
        """The trained rungs with a score, in the order of the ladder."""
        return [r for r in self.run.rungs if r.evaluation and r.evaluation.main.value is not None]

    def is_picked(self, rung: Rung) -> bool:
        return bool(self.run.choice and rung.name == self.run.choice.name)
