"""Composing a till: what fits where, and a till whose every part fits its forms. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.field_types.base import field_types
from regulars.form_builder.tills.kind import AMOUNTS, FOUND_BY
from regulars.platform.i18n import Text, pick

Json = dict[str, Any]
Option = tuple[str, str]
ON_PERSON = "~person"
"""In the editor: points are added to a number of the person."""
_NOT_SHOWN = ("subform", "related", "links", "button", "json", "long_text", "rich_text", "file")


@dataclass(frozen=True)
class Choices:
    """What the editor of tills offers, in one language."""

    catalog: FormCatalog
    locale: str

    def forms(self, keys: Iterable[str]) -> list[Option]:
        """Forms by name."""
        return [(key, self._say(self.catalog.forms[key].label)) for key in keys]

    def people(self) -> list[Option]:
        """The forms whose records can be found at a till; those of people first."""
        fit = [form for form in self.catalog.forms.values() if self.finders(form.key)]
        return self.forms(form.key for form in sorted(fit, key=lambda form: form.person is None))

    def pointing(self, to: str) -> list[Option]:
        """The forms with a link to another."""
        return self.forms(key for key in self.catalog.forms if self.links(key, to))

    def finders(self, form_key: str) -> list[Option]:
        """The fields by which people can be found; phone numbers first."""
        found = [each for each in self._fields(form_key) if each.type in FOUND_BY]
        return self._named(sorted(found, key=lambda each: FOUND_BY.index(each.type)))

    def shown(self, form_key: str) -> list[Option]:
        """The fields that may be shown."""
        return self._named(each for each in self._fields(form_key) if each.type not in _NOT_SHOWN)

    def plain(self, form_key: str) -> list[Option]:
        """Those that may lie on a device: nothing personal."""
        form = self.catalog.forms.get(form_key)
        parts = set((form.person or {}).values()) if form is not None else set()
        return [
            (each.key, self._say(each.name))
            for each in self._fields(form_key)
            if each.type not in _NOT_SHOWN and not each.personal and each.key not in parts
        ]

    def links(self, form_key: str, to: str) -> list[Option]:
        """The links of a form to another."""
        return self._named(
            each
            for each in self._fields(form_key)
            if each.type == "link" and each.settings.get("to") == to
        )

    def amounts(self, form_key: str) -> list[Option]:
        """Where a sale's amount can stand: a field, else a column of its rows; money first."""
        own = [each for each in self._fields(form_key) if each.type in AMOUNTS]
        found = [(each.key, each) for each in own]
        for outer in self._fields(form_key):
            if outer.type == "subform":
                inner = [each for each in outer.fields if each.type in AMOUNTS]
                found += [(f"{outer.key}.{each.key}", each) for each in inner]
        found.sort(key=lambda pair: AMOUNTS.index(pair[1].type))
        return [(path, self._say(each.name)) for path, each in found]

    def numbers(self, form_key: str) -> list[Option]:
        """The fields that take a number."""
        return [each for each in self.amounts(form_key) if "." not in each[0]]

    def moments(self, form_key: str) -> list[Option]:
        """The fields that take a date with a time."""
        return self._named(each for each in self._fields(form_key) if each.type == "datetime")

    def marks(self, form_key: str) -> list[Option]:
        """What handing in may set: ``status=used`` for each option, ``used=true`` for yes/no."""
        found: list[Option] = []
        for each in self._fields(form_key):
            name = self._say(each.name)
            if each.type == "choice":
                found += [
                    (f"{each.key}={value}", f"{name} → {self._say(option.get('label') or value)}")
                    for value, option in each.options.items()
                ]
            elif each.type == "boolean":
                found.append((f"{each.key}=true", f"{name} → ✓"))
        return found

    def _fields(self, form_key: str) -> list[FieldDefinition]:
        form = self.catalog.forms.get(form_key)
        return [] if form is None else [each for each in form.fields if _is_ready(each)]

    def _named(self, fields: Iterable[FieldDefinition]) -> list[Option]:
        return [(each.key, self._say(each.name)) for each in fields]

    def _say(self, text: Text) -> str:
        return pick(text, self.locale)


def _is_ready(field: FieldDefinition) -> bool:
    return field_types.find(field.type) is not None


def fitting(raw: Mapping[str, Any], choices: Choices) -> Json:
    """The till with every choice that does not fit its forms replaced by the first that does.

    What nothing fits is left out, so that publishing names it.
    """
    people, sale = dict(raw.get("people") or {}), dict(raw.get("sale") or {})
    people["form"] = form = _one(people.get("form"), choices.people())
    people["find_by"] = _some(people.get("find_by"), choices.finders(form)) or _firsts(
        choices.finders(form)
    )
    people["show"] = _shown(choices, form, people.get("show"))
    sale["form"] = sells = _one(sale.get("form"), _sellable(choices, form))
    sale["via"] = _one(sale.get("via"), choices.links(sells, form))
    sale["amount"] = _one(sale.get("amount"), choices.amounts(sells))
    _keep_if(sale, "at", choices.moments(sells))
    made = {**raw, "people": people, "sale": sale}
    offer, points = raw.get("offer"), raw.get("points")
    made.pop("offer", None), made.pop("points", None)
    if offer is not None:
        made["offer"] = _offer(dict(offer), choices, form)
        _keep_if(sale, "offer", choices.links(sells, made["offer"]["form"]), fill=True)
    else:
        sale.pop("offer", None)
    if points is not None:
        made["points"] = _points(dict(points), choices, form, sells)
    return made


def _offer(offer: Json, choices: Choices, people: str) -> Json:
    offer["form"] = form = _one(offer.get("form"), choices.pointing(people))
    offer["via"] = _one(offer.get("via"), choices.links(form, people))
    known = choices.catalog.forms.get(form)
    offer["sets"] = {k: v for k, v in offer.get("sets", {}).items() if _has(known, k)}
    offer["show"] = _some(offer.get("show"), choices.shown(form))
    _keep_if(offer, "least", choices.numbers(form))
    offer.setdefault("where", {"formula": ""})
    return offer


def _points(points: Json, choices: Choices, people: str, sells: str) -> Json:
    form = points.get("form")
    if form is None:
        points["field"] = _one(points.get("field"), choices.numbers(people))
        return {key: points[key] for key in ("formula", "field") if key in points}
    points["form"] = form = _one(form, choices.pointing(people))
    points["via"] = _one(points.get("via"), choices.links(form, people))
    points["field"] = _one(points.get("field"), choices.numbers(form))
    _keep_if(points, "sale", choices.links(form, sells), fill=True)
    known = choices.catalog.forms.get(form)
    points["values"] = {k: v for k, v in points.get("values", {}).items() if _has(known, k)}
    return points


def _sellable(choices: Choices, people: str) -> list[Option]:
    found = [each for each in choices.pointing(people) if choices.amounts(each[0])]
    return sorted(found, key=lambda each: not _takes_money(choices, each[0]))


def _takes_money(choices: Choices, form_key: str) -> bool:
    """Sales have rows of goods or an amount of money."""
    form = choices.catalog.forms[form_key]
    return any(each.type == "subform" for each in form.fields)


def _shown(choices: Choices, form: str, given: Any) -> list[str]:
    offered = choices.shown(form)
    return _some(given, offered) if given is not None else []


def _one(given: Any, offered: list[Option]) -> str:
    known = [key for key, _name in offered]
    return given if given in known else known[0] if known else ""


def _some(given: Any, offered: list[Option]) -> list[str]:
    known = {key for key, _name in offered}
    return [each for each in given or () if each in known]


def _firsts(offered: list[Option]) -> list[str]:
    return [key for key, _name in offered[:1]]


def _keep_if(part: Json, name: str, offered: list[Option], *, fill: bool = False) -> None:
    known = [key for key, _name in offered]
    if part.get(name) not in known:
        part.pop(name, None)
        if fill and known:
            part[name] = known[0]


def _has(form: FormDefinition | None, key: str) -> bool:
    return form is not None and form.find(key) is not None
