"""The language of a text, guessed well enough to see that a share of the texts is in another one now.

By script where the script tells; Latin letters by the function words that each language uses most. A text with too
few of them has no language.
"""

from __future__ import annotations

import re
from collections import Counter

SCRIPTS = (
    ("ja", re.compile("[\u3040-\u30ff]")),
    ("ko", re.compile("[\uac00-\ud7af]")),
    ("zh", re.compile("[\u3400-\u9fff]")),
    ("ru", re.compile("[\u0400-\u04ff]")),
    ("ar", re.compile("[\u0600-\u06ff]")),
    ("el", re.compile("[\u0370-\u03ff]")),
    ("he", re.compile("[\u0590-\u05ff]")),
    ("hi", re.compile("[\u0900-\u097f]")),
    ("th", re.compile("[\u0e00-\u0e7f]")),
)
LATIN = {
    "en": "the and of to is in that it for you with what how my this are was be have not do on can from but they i",
    "de": "der die das und ist nicht ich ein eine mit auf für von dem den im wie was zu sie wir auch wird sind einem",
    "fr": "le la les et est une des du que pour dans pas je vous sur avec ce qui il au sont mon ma nous cette plus",
    "es": "el los las y es una que de en por para con no se mi su al del como lo este pero más está muy son yo",
    "it": "il lo gli e è un una che di per con non sono del della mi come nel alla questo ma anche più dei ho",
    "pt": "o os as e é um uma que de não para com em do da no na por se mais como mas meu minha eu você foi",
    "nl": "de het een en is van niet ik dat op met voor zijn in te er maar aan bij ook wat hoe mijn deze naar",
}
FUNCTION_WORDS = {language: frozenset(words.split()) for language, words in LATIN.items()}
LOOKED_AT = 500
"""Characters; the language shows in them."""
WORD = re.compile(r"[^\W\d_]+")


def language_of(text: str) -> str:
    """A code such as `en`, or `?` where it cannot be told."""
    start = text[:LOOKED_AT].lower()
    letters = sum(sign.isalpha() for sign in start)
    for language, script in SCRIPTS:
        if letters and len(script.findall(start)) >= 0.3 * letters:
            return language
    words = Counter(WORD.findall(start))
    found = {language: sum(words[word] for word in known) for language, known in FUNCTION_WORDS.items()}
    best, second = sorted(found.values(), reverse=True)[:2]
    if best == second:
        return "?"
    return max(found, key=lambda language: found[language])
