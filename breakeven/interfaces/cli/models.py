"""`breakeven models`: the families that the ladder knows."""

from __future__ import annotations

from breakeven.core.words import N_
from breakeven.interfaces.cli.options import AsJson, Language, print_json


def command(as_json: AsJson = False, language: Language = None) -> None:
    from breakeven.interfaces import verbs
    from breakeven.interfaces.terminal.screen import Screen

    families = verbs.model_families()
    if as_json:
        print_json({"models": [{"name": f.name, "family": f.tag, "about": str(f.about)} for f in families]})
    else:
        Screen.of(language).models(families)


HELP = N_("The families of models that the ladder knows.")
