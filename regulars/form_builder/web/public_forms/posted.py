"""The editor's form as it is posted, as a public form's JSON. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from werkzeug.datastructures import MultiDict

from regulars.form_builder.edits import reworded

Json = dict[str, Any]
Posted = MultiDict[str, str]
MOST_BOXES = 10
_TEXTS = ("welcome", "thanks", "poster")
_LIMITS = ("per_phone", "per_device", "total")


def public_from(posted: Posted, base: Mapping[str, Any], locale: str) -> Json:
    """What the page says; texts of other languages stay as in ``base``."""
    fields = _in_order(posted)
    made: Json = {
        "kind": "public_form", "schema": 1, "key": base.get("key", ""),
        "label": reworded(base.get("label"), _line(posted, "label")[:200], locale),
        "form": base.get("form", ""), "fields": fields,
        "purposes": _named(posted, "purpose", fields),
        "required": [each for each in posted.getlist("required") if each in fields],
        "prefilled": [each for each in posted.getlist("prefilled") if each in fields],
        "fixed": _fixed(posted, base, fields),
        "limits": {
            name: _number(posted[name]) for name in _LIMITS if posted.get(name, "").isdecimal()
        },
        "consents": _boxes(posted, base, locale), "double_opt_in": _opt_in(posted),
        "shows": _shown(posted),
    }  # fmt: skip
    for name in _TEXTS:
        made[name] = reworded(base.get(name), _line(posted, name)[:1000], locale)
    for name in ("opens_at", "closes_at"):
        made[name] = posted.get(name, "")[:16]
    needed = ("kind", "schema", "key", "label", "form", "fields")
    return {name: value for name, value in made.items() if value or name in needed}


def _in_order(posted: Posted) -> list[str]:
    """The chosen fields by the places that were given to them; the latest chosen at the end."""
    chosen = list(dict.fromkeys(posted.getlist("fields")))
    move = posted.get("move", "")
    way, _, key = move.partition(" ")
    if key in chosen and way in ("up", "down"):
        at = chosen.index(key)
        to = max(0, min(len(chosen) - 1, at + (-1 if way == "up" else 1)))
        chosen.insert(to, chosen.pop(at))
    if way == "drop" and key in chosen:
        chosen.remove(key)
    more = posted.get("more", "")
    return [*chosen, *([more] if more and more not in chosen else [])]


def _named(posted: Posted, name: str, fields: list[str]) -> dict[str, str]:
    found = {each: posted.get(f"{name}.{each}", "").strip()[:40] for each in fields}
    return {key: text for key, text in found.items() if text}


def _fixed(posted: Posted, base: Mapping[str, Any], fields: list[str]) -> Json:
    """Fixed values as they were, less those that were taken away, and one that was added."""
    kept = {
        key: posted.get(f"fixed.{key}", value) if isinstance(value, str) else value
        for key, value in dict(base.get("fixed", {})).items()
        if key not in fields and f"fixed.{key}" in posted and posted.get("drop_fixed") != key
    }
    more = posted.get("fix", "")
    if more and more not in fields:
        value = _line(posted, "fix_value")[:200]
        kept[more] = [value] if posted.get("fix_side") == more else value
    return {key: value for key, value in kept.items() if value not in ("", [""])}


def _boxes(posted: Posted, base: Mapping[str, Any], locale: str) -> list[Json]:
    known, made = list(base.get("consents", [])), []
    for n in range(MOST_BOXES):
        text = _line(posted, f"consent{n}.text")[:1000]
        if not text or posted.get("drop_consent") == str(n):
            continue
        before = known[n].get("text") if n < len(known) else None
        made.append({
            "purpose": _line(posted, f"consent{n}.purpose")[:40] or "marketing",
            "channels": posted.getlist(f"consent{n}.channels") or ["sms"],
            "text": reworded(before, text, locale),
        })  # fmt: skip
    return made


def _opt_in(posted: Posted) -> Json:
    channel, most = posted.get("opt_in", ""), posted.get("per_day", "")
    if channel not in ("sms", "email"):
        return {}
    return {"channel": channel, **({"per_day": _number(most)} if most.isdecimal() else {})}


def _shown(posted: Posted) -> Json:
    field = posted.get("shows", "")
    return {"field": field, "as": "qr" if posted.get("shows_qr") else "text"} if field else {}


def _number(digits: str) -> int:
    """What is longer than any number we take stays too large, however long it is."""
    return int(digits[:12])


def _line(posted: Posted, name: str) -> str:
    return posted.get(name, "").replace("\r\n", "\n").strip()
