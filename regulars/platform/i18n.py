"""Words in the reader's language: catalogs of the product and labels of the owner.

Catalogs are flat JSON files ``locales/<area>/<locale>.json``; a text may have plural forms
(``key.one``, ``key.other``) chosen by the parameter ``n``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

LOCALES = ("zh-Hans", "zh-Hant", "en")
FALLBACK = "en"
_NEAREST = {"zh-Hant": ("zh-Hans", "en"), "zh-Hans": ("zh-Hant", "en"), "en": ("zh-Hans",)}

Text = str | Mapping[str, str]


class MissingText(LookupError):
    """A key that no catalog holds: a mistake of ours, found by the tests."""


@cache
def catalog(locale: str) -> dict[str, str]:
    """Every text of one locale, all areas together."""
    texts: dict[str, str] = {}
    root = resources.files("regulars") / "locales"
    for area in sorted(root.iterdir(), key=lambda entry: entry.name):
        source = area / f"{locale}.json"
        if source.is_file():
            texts.update(json.loads(source.read_text("utf-8")))
    return texts


def find_text(key: str, locale: str, n: Any = None) -> str | None:
    """The raw text of ``key``, or None; plural form chosen by ``n``."""
    for name in (locale, *_NEAREST.get(locale, (FALLBACK,))):
        texts = catalog(name)
        if n is not None:
            plural = texts.get(f"{key}.one" if str(n) == "1" else f"{key}.other")
            if plural is None and str(n) == "1":
                plural = texts.get(f"{key}.other")
            if plural is not None:
                return plural
        if key in texts:
            return texts[key]
    return None


def translate(key: str, locale: str, /, **params: Any) -> str:
    """The text of ``key`` with its ``{parameters}`` filled in.

    Raises MissingText for an unknown key, so that no key ever leaks to a page.
    """
    found = find_text(key, locale, params.get("n"))
    if found is None:
        raise MissingText(key)
    return found.format_map(params) if params else found


def pick(text: Text | None, locale: str) -> str:
    """An owner's text (a string or a map of locales) in the best available language."""
    if text is None:
        return ""
    if isinstance(text, str):
        return text
    for name in (locale, *_NEAREST.get(locale, (FALLBACK,))):
        if text.get(name):
            return text[name]
    return next(iter(text.values()), "")


def spoken(value: Any, locale: str) -> Any:
    """A message parameter as words: labels are picked, lists are joined."""
    if isinstance(value, Mapping):
        return pick(value, locale)
    if isinstance(value, (list, tuple)):
        comma = "、" if locale.startswith("zh") else ", "
        return comma.join(str(spoken(item, locale)) for item in value)
    return value
