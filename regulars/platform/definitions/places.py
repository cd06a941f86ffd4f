"""A place within a definition in words: ``fields/2/formula`` → “Field 消费金额 · formula”. Pure.

A part of the path that has a text (``definitions.part.<kind>.<name>`` or
``definitions.part.<name>``) is said with it; a number, or an item's own name, is said with the
label of what stands there, if it has one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from regulars.platform import i18n
from regulars.platform.definitions.merging import ABSENT

LABELS = (
    "label",
    "name",
    "message",
    "title",
    "section",
    "as",
    "report",
    "do",
    "id",
    "key",
    "value",
)
NAMES = ("key", "id", "as", "value")


def place_in_words(kind: str, raw: Mapping[str, Any], path: str) -> dict[str, str]:
    """The place in every language; "" stands for the whole definition."""
    return {locale: place_words(kind, raw, path, locale) for locale in i18n.LOCALES}


def place_words(kind: str, raw: Mapping[str, Any], path: str, locale: str) -> str:
    """The place in one language."""
    words: list[str] = []
    here: Any = raw
    for part in (each for each in path.split("/") if each):
        here = _step(here, part)
        said = _part(kind, part, here, locale)
        if said and said not in words:
            words.append(said)
    return " · ".join(words[:4]) or i18n.translate("definitions.part.whole", locale)


def name_words(kind: str, raw: Mapping[str, Any], locale: str) -> str:
    """A definition's kind and label: “Rule 30 天唤回”."""
    label = i18n.pick(raw.get("label"), locale) or str(raw.get("key", ""))
    return i18n.translate(f"definitions.named.{kind}", locale, name=label)


def named(kind: str, raw: Mapping[str, Any]) -> dict[str, str]:
    """`name_words` in every language."""
    return {locale: name_words(kind, raw, locale) for locale in i18n.LOCALES}


def value_at(raw: Mapping[str, Any], path: str) -> Any:
    """What stands at a place, `ABSENT` where nothing does."""
    here: Any = raw
    for part in (each for each in path.split("/") if each):
        here = _step(here, part)
    return here


def side_words(value: Any, locale: str) -> str:
    """What one side of a clash wants at its place, short enough to be compared."""
    if value is ABSENT:
        return i18n.translate("definitions.side.gone", locale)
    if isinstance(value, bool):
        return i18n.translate("records.yes" if value else "records.no", locale)
    if isinstance(value, Mapping) and set(value) <= set(i18n.LOCALES):
        return i18n.pick(value, locale)
    if isinstance(value, Mapping):
        label = next((value[name] for name in LABELS if value.get(name)), None)
        return side_words(label, locale) if label is not None else _short(value)
    return _short(value)


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 200 else f"{text[:199]}…"


def _step(here: Any, part: str) -> Any:
    if isinstance(here, Mapping):
        return here.get(part, ABSENT)
    if not isinstance(here, list):
        return ABSENT
    for name in NAMES:
        for item in here:
            if isinstance(item, Mapping) and item.get(name) == part:
                return item
    if part.isdecimal() and int(part) < len(here):
        return here[int(part)]
    return ABSENT


def _part(kind: str, part: str, here: Any, locale: str) -> str:
    known = i18n.find_text(f"definitions.part.{kind}.{part}", locale) or i18n.find_text(
        f"definitions.part.{part}", locale
    )
    if known is not None:
        return known
    if isinstance(here, Mapping):
        label = next((here[name] for name in LABELS if here.get(name)), None)
        if isinstance(label, (str, Mapping)):
            return i18n.pick(label, locale)
    return ""
