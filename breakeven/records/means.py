"""What a project gives the ladder to climb with, beside its rows."""

from __future__ import annotations

from breakeven.records.project import Alternative, Project
from breakeven.records.record import Record


class Means(Record):
    """The pretrained models and hosted models that a project names; families propose from them.

    `encoders` and `language_models` are folders (relative to `folder`) or names of a model hub.
    """

    folder: str = ""
    """The folder of the project file."""
    encoders: tuple[str, ...] = ()
    language_models: tuple[str, ...] = ()
    quantize: str = "none"
    """`nf4`: frozen models are kept in four bits while adapters learn."""
    hosted: tuple[Alternative, ...] = ()
    unlabelled: str | None = None
    """A file of rows without answers, relative to `folder`."""

    @classmethod
    def of(cls, project: Project, folder: str) -> Means:
        models = project.models
        return cls(
            folder=folder,
            encoders=models.encoders,
            language_models=models.language_models,
            quantize=models.quantize,
            hosted=project.alternative,
            unlabelled=project.data.unlabelled,
        )
