"""Chinese text as its sounds in Latin letters.

The dictionaries take 50 MB and a third of a second. They are read when somebody asks for the first
time, so that neither a resting installation nor a short command pays for them.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from functools import cache

Errors = str | Callable[[str], str]


def syllables(text: str, errors: Errors = "default") -> list[str]:
    """The sound of each character, without tones; ``errors`` says what becomes of other scripts
    (a function, or one of the words that pypinyin knows).
    """
    return _speller()(text, errors=errors)


@cache
def _speller() -> Callable[..., list[str]]:
    os.environ.setdefault("PYPINYIN_NO_DICT_COPY", "1")  # nobody here adds words of their own
    speller: Callable[..., list[str]] = importlib.import_module("pypinyin").lazy_pinyin
    return speller
