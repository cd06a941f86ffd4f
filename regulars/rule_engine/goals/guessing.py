"""What a shop's forms offer for the places of a goal, and which candidate is likeliest. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.platform import i18n
from regulars.platform.i18n import LOCALES, Text
from regulars.platform.problems import Problem
from regulars.rule_engine.goals.definition import BY_CHOICE, Goal, Place, Values

LONGEST_TEXT = 200
_FURTHEST = 1_000_000
_ROLES = (("sms", "mobile"), ("email", "email"))
_CERTAIN = 1000
_NOT_OFFERED = "goal-not-offered"  # what is guessed instead serves the places after it
_OPEN = ("goal-unsure", "goal-waits")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


@dataclass(frozen=True)
class Candidate:
    """Something a place may be filled with. ``weight`` says how likely it is meant."""

    value: str
    title: Text
    weight: int = 0


@dataclass(frozen=True)
class Asked:
    """A place with what may be chosen, and what is chosen ("" for nothing yet).

    ``state``: ``given`` by the reader, ``sure`` or ``guessed`` by us, ``unsure`` where several are
    as likely, ``missing`` where the forms offer nothing, ``waits`` for another place, ``typed``.
    """

    place: Place
    value: str
    state: str
    options: tuple[Candidate, ...] = ()

    @property
    def is_known(self) -> bool:
        """Whether it is of the forms and needs nobody's word, only somebody's eye."""
        is_plain = self.place.kind in BY_CHOICE and self.place.kind != "channel"
        return is_plain and self.state in ("sure", "guessed", "given")

    @property
    def shown(self) -> Text:
        """What is chosen, as people call it; "" for nothing."""
        found = (each.title for each in self.options if each.value == self.value)
        return next(found, "") if self.value else ""


@dataclass(frozen=True)
class Sheet:
    """A goal over a shop's forms: every place, what fills it, and what keeps it from being whole.

    A problem's path is the key of its place.
    """

    goal: Goal
    asked: tuple[Asked, ...]
    problems: tuple[Problem, ...] = ()
    values: Values = field(default_factory=dict)

    @property
    def unfit(self) -> list[Problem]:
        """What these forms lack, so that nothing can be chosen."""
        return [each for each in self.problems if each.code.startswith("goal-no-")]

    @property
    def mistakes(self) -> list[Problem]:
        """What was chosen or typed wrongly; what is only open yet is none."""
        quiet = [*self.unfit, *(each for each in self.problems if each.code in _OPEN)]
        return [each for each in self.problems if each not in quiet]


@dataclass(frozen=True)
class _Shop:
    """What is known while the places are gone through."""

    goal: Goal
    catalog: FormCatalog
    values: dict[str, str | int]

    def value(self, place: Place, setting: str) -> str:
        """What fills the place that a setting names."""
        return str(self.values.get(str(place.settings.get(setting, "")), ""))

    def form(self, place: Place) -> FormDefinition:
        """The form that a place is about."""
        return self.catalog.forms[self.value(place, "of")]


def look(goal: Goal, catalog: FormCatalog, given: Mapping[str, str], locale: str) -> Sheet:
    """The goal over these forms, with what a reader has chosen and guesses for the rest."""
    shop = _Shop(goal, catalog, {})
    asked: list[Asked] = []
    problems: list[Problem] = []
    for place in goal.places:
        one = _ask(place, shop, given.get(place.key), locale)
        asked.append(one)
        found = _problem(one, given.get(place.key), locale)
        if found is not None:
            problems.append(found)
        if one.value != "" and (found is None or found.code == _NOT_OFFERED):
            shop.values[place.key] = int(one.value) if place.kind == "number" else one.value
    return Sheet(goal, tuple(asked), tuple(problems), shop.values)


def _ask(place: Place, shop: _Shop, sent: str | None, locale: str) -> Asked:
    if place.kind not in BY_CHOICE:
        usual = str(i18n.spoken(place.settings["default"], locale))
        return Asked(place, (usual if sent is None else sent).strip()[:LONGEST_TEXT], "typed")
    if any(name not in shop.values for name in place.needs):
        return Asked(place, "", "waits")
    options = tuple(_OFFERS[place.kind](place, shop))
    chosen = sent in {each.value for each in options}
    if chosen or (sent == "" and place.optional):
        return Asked(place, sent or "", "given", options)
    return Asked(place, *_guess(place, options), options)


def _guess(place: Place, options: tuple[Candidate, ...]) -> tuple[str, str]:
    if not options:
        return "", "given" if place.optional else "missing"
    ranked = sorted((each.weight for each in options), reverse=True)
    best = next(each for each in options if each.weight == ranked[0])
    if best.weight == _CERTAIN:
        return best.value, "sure"
    is_strange = bool(place.hints) and not best.weight and not place.settings.get("person")
    if len(options) == 1 and not is_strange:
        return best.value, "sure"
    if place.optional:
        return (best.value, "guessed") if best.weight else ("", "given")
    return ("", "unsure") if is_strange or ranked[0] == ranked[1] else (best.value, "guessed")


def _problem(one: Asked, sent: str | None, locale: str) -> Problem | None:
    place, name = one.place, {"place": i18n.pick(one.place.label, locale)}
    if place.kind == "number":
        return _number_problem(place, one.value)
    by_choice = place.kind in BY_CHOICE
    if sent and sent != one.value and by_choice and one.state != "waits":
        return Problem(place.key, _NOT_OFFERED, name)
    if one.value or place.optional:
        is_wrong = place.kind == "time" and not _TIME.fullmatch(one.value)
        return Problem(place.key, "goal-not-a-time") if is_wrong else None
    if not by_choice:
        return Problem(place.key, "required")
    code = f"goal-no-{place.kind}" if one.state == "missing" else f"goal-{one.state}"
    return Problem(place.key, code, name)


def _number_problem(place: Place, text: str) -> Problem | None:
    least, most = place.settings.get("least", 0), place.settings.get("most", _FURTHEST)
    if not text.removeprefix("-").isdecimal() or len(text) > len(str(_FURTHEST)) + 1:
        return Problem(place.key, "not-a-number", {"value": text[:40]})
    if not least <= int(text) <= most:
        return Problem(place.key, "out-of-range", {"least": least, "most": most})
    return None


def _forms(place: Place, shop: _Shop) -> Iterator[Candidate]:
    target, wanted = shop.value(place, "links_to"), place.settings.get("has")
    for form in shop.catalog.forms.values():
        fits = form.person is not None or not place.settings.get("person")
        if fits and target:
            fits = bool(_links(form, target))
        if fits and wanted:
            fits = any(each.type in wanted for each in form.fields)
        if fits:
            yield Candidate(form.key, form.label, _weight(place, form.key, form.label))


def _links(form: FormDefinition, target: str) -> list[FieldDefinition]:
    return [e for e in form.fields if e.type == "link" and e.settings.get("to") == target]


def _link(place: Place, shop: _Shop) -> Iterator[Candidate]:
    for each in _links(shop.form(place), shop.value(place, "leads_to")):
        yield Candidate(each.key, each.name, _weight(place, each.key, each.name))


def _related(place: Place, shop: _Shop) -> Iterator[Candidate]:
    for each in shop.form(place).fields:
        if each.type == "related" and each.settings.get("from") == shop.value(place, "leads_to"):
            yield Candidate(each.key, each.name, _weight(place, each.key, each.name))


def _fields(place: Place, shop: _Shop) -> Iterator[Candidate]:
    form = shop.form(place)
    meant = (form.person or {}).get(str(place.settings.get("role", "")))
    for each in form.fields:
        if each.type in place.settings["types"]:
            weight = _CERTAIN if each.key == meant else _weight(place, each.key, each.name)
            yield Candidate(each.key, each.name, weight)


def _options(place: Place, shop: _Shop) -> Iterator[Candidate]:
    holder = shop.goal.place(str(place.settings["of"]))
    assert holder is not None
    found = shop.form(holder).find(shop.value(place, "of"))
    for each in found.settings.get("options", ()) if found else ():
        title = each.get("label") or each["value"]
        yield Candidate(each["value"], title, _weight(place, each["value"], title))


def _channels(place: Place, shop: _Shop) -> Iterator[Candidate]:
    for weight, (channel, role) in enumerate(_ROLES):
        if (shop.form(place).person or {}).get(role):
            words = {name: i18n.translate(f"rules.channel.{channel}", name) for name in LOCALES}
            yield Candidate(channel, words, len(_ROLES) - weight)


_OFFERS: Mapping[str, Callable[[Place, _Shop], Iterator[Candidate]]] = {
    "form": _forms, "link": _link, "related": _related, "field": _fields, "option": _options,
    "channel": _channels,
}  # fmt: skip


def _weight(place: Place, key: str, title: Text) -> int:
    """The earlier the hint that a key or a title holds, the likelier it is meant."""
    written = " ".join([key, *(title.values() if isinstance(title, Mapping) else (title,))])
    folded = written.casefold()
    for position, hint in enumerate(place.hints):
        if hint.casefold() in folded:
            return len(place.hints) - position
    return 0
