"""The definition of a form as somebody reads it who does not design forms.

Hidden fields are not in it, nor what speaks of them: checks, views, titles, formulas. Forms whose
records they neither read nor make are not there at all.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from regulars.form_builder.field_rights import shows_link
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.roles import Role

Raw = Mapping[str, Any]
DESIGN = "design_forms"
UNTOLD = "…"
_ITS_OWN = ("key", "type", "label", "fields")
_TITLE_PART = re.compile(r"\{([^{}]+)\}")


def told_forms(access: Access, raws: Iterable[Raw]) -> list[dict[str, Any]]:
    """The definitions that this reader gets to see, each as they see it."""
    every = list(raws)
    if access.can(DESIGN):
        return [dict(raw) for raw in every]
    hidden = _hidden(access.held, every)
    return [_told(raw, hidden) for raw in every if is_known(access, str(raw["key"]))]


def told_form(access: Access, raw: Raw, every: Iterable[Raw]) -> dict[str, Any]:
    """One definition as this reader sees it; ``every`` are those its paths may lead to."""
    return dict(raw) if access.can(DESIGN) else _told(raw, _hidden(access.held, every))


def is_known(access: Access, form_key: str) -> bool:
    """Whether somebody may know of a form: who designs, reads or fills it."""
    verbs = ("read", "create")
    return access.can(DESIGN) or any(access.scope(form_key, verb) != "none" for verb in verbs)


def _hidden(role: Role, raws: Iterable[Raw]) -> dict[str, frozenset[str]]:
    """Form or row form → the keys hidden in it."""
    found = {}
    for raw in raws:
        found[raw["key"]] = _hidden_of(role, raw["key"], raw["fields"])
        for each in raw["fields"]:
            if each["type"] == "subform":
                rows = f"{raw['key']}.{each['key']}"
                found[rows] = _hidden_of(role, rows, each["fields"])
    return found


def _hidden_of(role: Role, form: str, fields: Iterable[Raw]) -> frozenset[str]:
    return frozenset(f["key"] for f in fields if _is_hidden(role, form, f))


def _is_hidden(role: Role, form: str, field: Raw) -> bool:
    if field["type"] == "related" and not shows_link(role, field["from"], field["via"]):
        return True
    return role.field_right(form, field["key"]) == "hidden"


def _told(raw: Raw, hidden: Mapping[str, frozenset[str]]) -> dict[str, Any]:
    form = raw["key"]
    speaks = _speaking(form, hidden)
    if speaks is None:
        return dict(raw)
    told = {key: value for key, value in raw.items() if key != "archived"}
    told["fields"] = _fields(raw["fields"], form, hidden, speaks)
    if "title" in raw:
        told["title"] = _TITLE_PART.sub(
            lambda part: "" if speaks.search(part[1]) else part[0], raw["title"]
        )
    if "person" in raw:
        told["person"] = {part: k for part, k in raw["person"].items() if k not in hidden[form]}
    if "layout" in raw:
        told["layout"] = [
            {**part, "fields": [key for key in part["fields"] if key not in hidden[form]]}
            if "fields" in part
            else part
            for part in raw["layout"]
        ]
    for name in ("logic", "checks", "views"):
        if name in raw:
            told[name] = [each for each in raw[name] if not _mentions(each, speaks)]
    if "workflow" in raw and _mentions(raw["workflow"], speaks):
        del told["workflow"]
    return told


def _fields(
    fields: Iterable[Raw], form: str, hidden: Mapping[str, frozenset[str]], speaks: re.Pattern[str]
) -> list[dict[str, Any]]:
    told = []
    for each in fields:
        if each["key"] in hidden[form]:
            continue
        kept = {k: v for k, v in each.items() if k in _ITS_OWN or not _mentions(v, speaks)}
        if "formula" in each:
            kept.setdefault("formula", UNTOLD)
        if "fields" in each:
            rows = f"{form}.{each['key']}"
            kept["fields"] = _fields(each["fields"], rows, hidden, speaks)
        told.append(kept)
    return told


def _speaking(form: str, hidden: Mapping[str, frozenset[str]]) -> re.Pattern[str] | None:
    """Finds the hidden keys of this form, and those of others behind a dot; None without any."""
    mine = {key for owner in hidden for key in hidden[owner] if owner.partition(".")[0] == form}
    far = {key for keys in hidden.values() for key in keys} - mine
    parts = [rf"\b(?:{'|'.join(map(re.escape, sorted(mine)))})\b"] if mine else []
    parts += [rf"\.(?:{'|'.join(map(re.escape, sorted(far)))})\b"] if far else []
    return re.compile("|".join(parts)) if parts else None


def _mentions(value: Any, speaks: re.Pattern[str]) -> bool:
    return bool(speaks.search(json.dumps(value, ensure_ascii=False)))
