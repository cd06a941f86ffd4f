"""Chinese text as its sounds in Latin letters.

The dictionaries take 50 MB and a third of a second. They are read when somebody asks for the first
time, so that neither a resting installation nor a short command pays for them. The readings of
single characters are a small part of them, which is read by itself.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.util
import os
import unicodedata
from collections.abc import Callable
from functools import cache

Errors = str | Callable[[str], str]


def syllables(text: str, errors: Errors = "default") -> list[str]:
    """The sound of each character, without tones; ``errors`` says what becomes of other scripts
    (a function, or one of the words that pypinyin knows).
    """
    return _speller()(text, errors=errors)


@cache
def readings(character: str) -> tuple[str, ...]:
    """Every sound that a character has, without tones, the usual one first; none if it has none.

    An ü is written v, as people type it, and u as well.
    """
    spoken = str(_characters().get(ord(character), "")).split(",")
    plain = (way for each in spoken if each for way in _without_tone(each))
    return tuple(dict.fromkeys(plain))


def _without_tone(sound: str) -> tuple[str, ...]:
    parts = unicodedata.normalize("NFD", sound)
    letters = "".join(each for each in parts if each.isalpha())
    rounded = unicodedata.normalize("NFC", parts.translate(_TONES)).replace("ü", "v")
    typed = "".join(each for each in rounded if each.isascii())
    return (typed,) if typed == letters else (typed, letters)


_TONES = dict.fromkeys(map(ord, "\u0300\u0301\u0304\u030c"))


@cache
def _characters() -> dict[int, str]:
    """The table of single characters alone: the package around it would read all the words."""
    package = importlib.util.find_spec("pypinyin")
    places = package.submodule_search_locations if package is not None else None
    spec = importlib.machinery.PathFinder.find_spec("pinyin_dict", places)
    if spec is None or spec.loader is None:
        raise ImportError("pypinyin has no table of characters")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    table: dict[int, str] = module.pinyin_dict
    return table


@cache
def _speller() -> Callable[..., list[str]]:
    os.environ.setdefault("PYPINYIN_NO_DICT_COPY", "1")  # nobody here adds words of their own
    speller: Callable[..., list[str]] = importlib.import_module("pypinyin").lazy_pinyin
    return speller
