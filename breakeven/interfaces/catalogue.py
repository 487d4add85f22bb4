"""Keeping the catalogue: `python -m breakeven.interfaces.catalogue` brings it up to the words in the code.

Every `say("…")` and `N_("…")` of the package and of its report templates becomes an entry; one that nobody says any
more goes. Translations are written into the .po file by hand. The command ends with 1 while some are missing.
"""

from __future__ import annotations

import sys
from io import BytesIO
from pathlib import Path
from string import Formatter
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from breakeven.interfaces.words import LANGUAGES, po_file

PACKAGE = Path(__file__).parents[1]
METHODS = [("templates/**", "ignore"), ("**.py", "python"), ("**.j2", "jinja2")]
KEYWORDS = {"say": None, "N_": None}
HEADER = "# What breakeven says, in another language. Kept by: python -m breakeven.interfaces.catalogue\n\n"


def said() -> dict[str, list[str]]:
    """Every template that the code says and has words, with the files that say it."""
    found: dict[str, list[str]] = {}
    for file, _, message, _, _ in sorted(extract_from_dir(str(PACKAGE), METHODS, keywords=KEYWORDS), key=str):
        template = message if isinstance(message, str) else message[0]
        places = found.setdefault(template, [])
        if file not in places:
            places.append(file)
    return {template: files for template, files in found.items() if has_words(template)}


def has_words(template: str) -> bool:
    """Whether there is anything to translate: `{place}` alone has nothing, a full stop has."""
    return any(text.strip(" ·→–—%=") for text, *_ in Formatter().parse(template))


def placeholders(template: str) -> list[str]:
    """The names and formats in braces, sorted."""
    return sorted(f"{name}:{spec}" for _, name, spec, _ in Formatter().parse(template) if name is not None)


def translations(language: str) -> dict[str, str]:
    """The entries of the .po file, as they stand."""
    with po_file(language).open("rb") as text:
        return {str(entry.id): str(entry.string) for entry in read_po(text, locale=language) if entry.id}


def missing(language: str) -> list[str]:
    """Templates without a translation."""
    known = translations(language)
    return [template for template in said() if not known.get(template)]


def mismatched(language: str) -> list[str]:
    """Templates whose translation has other placeholders."""
    known = translations(language)
    return [t for t in said() if known.get(t) and placeholders(t) != placeholders(known[t])]


def update(language: str) -> None:
    """Write the .po file anew: all that is said, with the translations there are, in the order of the files."""
    known, catalogue = translations(language), Catalog(locale=language)
    for template, files in said().items():
        catalogue.add(template, known.get(template, ""), locations=_locations(files))
    text = BytesIO()
    write_po(text, catalogue, width=110, omit_header=True, sort_by_file=True)
    po_file(language).write_bytes(HEADER.encode() + text.getvalue())


def _locations(files: list[str]) -> Any:
    """Files without line numbers, so that the catalogue changes only when words do."""
    return [(file, None) for file in files]


def main() -> int:
    """Update all catalogues and name what is still to be translated."""
    faults = 0
    for language in LANGUAGES[1:]:
        update(language)
        for template in [*missing(language), *mismatched(language)]:
            faults += 1
            print(f"{language}: {template}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
