"""The form of the till's editor as it is posted, as a till's JSON. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from werkzeug.datastructures import MultiDict

from regulars.form_builder.edits import reworded
from regulars.form_builder.tills.composing import ON_PERSON

Json = dict[str, Any]
Posted = MultiDict[str, str]
_MOST_QUICK = 8
_MOST_DIGITS = 12


def till_from(posted: Posted, base: Mapping[str, Any], locale: str) -> Json:
    """The till that the page shows; what it does not show stays as in ``base``."""
    made = {
        **base,
        "label": reworded(base.get("label"), posted.get("label", "").strip()[:200], locale),
        "people": {
            "form": posted.get("people.form", ""),
            "find_by": posted.getlist("people.find_by"),
            "show": posted.getlist("people.show"),
        },
        "sale": _sale(posted, base.get("sale") or {}),
        "offline": _offline(posted, base.get("offline") or {}),
    }
    for name, part in (("offer", _offer(posted, base)), ("points", _points(posted, base))):
        made.pop(name, None)
        if part is not None:
            made[name] = part
    return made


def _sale(posted: Posted, before: Mapping[str, Any]) -> Json:
    form = posted.get("sale.form", "")
    kept = (
        {"values": before["values"]} if before.get("form") == form and "values" in before else {}
    )
    sale = {"form": form, **kept}
    for name in ("via", "amount", "at", "offer"):
        if posted.get(f"sale.{name}"):
            sale[name] = posted[f"sale.{name}"]
    return {**sale, "quick": _amounts(posted.get("sale.quick", ""))}


def _amounts(text: str) -> list[Any]:
    """``20, 50，100`` as numbers; what is none stays a text, and the schema refuses it."""
    parts = text.replace("，", ",").replace("、", ",").replace(" ", ",").split(",")
    return [_amount(each) for each in dict.fromkeys(parts) if each][:_MOST_QUICK]


def _amount(text: str) -> Any:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text[:20]
    if not number.is_finite() or abs(number.adjusted()) > _MOST_DIGITS:
        return text[:20]
    return int(number) if number == number.to_integral_value() else float(number)


def _offer(posted: Posted, base: Mapping[str, Any]) -> Json | None:
    form = posted.get("offer.form", "")
    if not form:
        return None
    before = base.get("offer") or {}
    same = before.get("form") == form
    offer: Json = {"form": form, "show": posted.getlist("offer.show")}
    for name in ("via", "least"):
        if posted.get(f"offer.{name}"):
            offer[name] = posted[f"offer.{name}"]
    written = posted.get("offer.where")
    keeps = written is None and same
    offer["where"] = before["where"] if keeps else {"formula": (written or "").strip()[:2000]}
    mark, stamp = posted.get("offer.mark", ""), posted.get("offer.stamp", "")
    key, _equals, value = mark.partition("=")
    sets = dict(before.get("sets", {})) if same else {}
    sets = {k: v for k, v in sets.items() if not _is_on_page(v)}
    if key:
        sets[key] = True if value == "true" else value
    if stamp:
        sets[stamp] = {"formula": "NOW()"}
    return {**offer, "sets": sets}


def _is_on_page(value: Any) -> bool:
    """Whether the page has a place for it: a mark, or the moment."""
    return isinstance(value, str | bool) or value == {"formula": "NOW()"}


def _points(posted: Posted, base: Mapping[str, Any]) -> Json | None:
    way = posted.get("points.way", "")
    if not way:
        return None
    before = base.get("points") or {}
    formula = posted.get("points.formula", "").strip()[:2000]
    points: Json = {"formula": formula or "FLOOR(amount)", "field": posted.get("points.field", "")}
    if way == ON_PERSON:
        return points
    points["form"] = way
    for name in ("via", "sale"):
        if posted.get(f"points.{name}"):
            points[name] = posted[f"points.{name}"]
    if before.get("form") == way and "values" in before:
        points["values"] = before["values"]
    return points


def _offline(posted: Posted, before: Mapping[str, Any]) -> Json:
    kept = {key: before[key] for key in ("first",) if key in before}
    numbers = {
        name: int(posted[f"offline.{name}"])
        for name in ("hours", "members")
        if posted.get(f"offline.{name}", "").isdecimal() and len(posted[f"offline.{name}"]) < 6
    }
    return {**kept, **numbers, "show": posted.getlist("offline.show")}
