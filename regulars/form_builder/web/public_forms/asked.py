"""What a public form asks of a visitor: its inputs, and what they sent, read and signed for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import request
from werkzeug.datastructures import MultiDict

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.field_types.base import Reading
from regulars.form_builder.field_types.file import FILE_TYPES
from regulars.form_builder.logic.trying import Wish
from regulars.form_builder.public_forms import tickets
from regulars.form_builder.public_forms.definition import PublicForm
from regulars.form_builder.public_forms.links import Door
from regulars.form_builder.public_forms.tickets import Ticket
from regulars.form_builder.public_forms.visitors import unit_fields, visitor_of
from regulars.form_builder.web.entries import Asking, Entry
from regulars.form_builder.web.live import Live, live_of
from regulars.form_builder.web.posted import (
    HERE,
    MORE,
    Answers,
    answers_from_post,
    first_answers,
    values_of,
)
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid
from regulars.platform.problems import Problem
from regulars.platform.web.form_errors import errors_by_field
from regulars.platform.web.installation import installation
from regulars.platform.web.preferences import current_locale

TICKET, TRAP, CONSENT = "_ticket", "website", "_consent"
OWN = frozenset({TICKET, f"_{TRAP}", CONSENT, "_lang", "_look", "_tokens", "_moved"})
"""What a page sends besides the fields."""
LONGEST_PREFILL = 500
_BROWSER = {"phone": "tel", "email": "email", "url": "url"}
_OF_PERSON = {"name": "name", "mobile": "tel", "email": "email", "birthday": "bday"}


@dataclass(frozen=True)
class Visit:
    """Somebody before a public form: who they count as, and the form with what is asked."""

    uow: UnitOfWork
    door: Door
    access: Access
    form: FormDefinition

    @classmethod
    def of(cls, uow: UnitOfWork, door: Door) -> Visit:
        """The visitor of this request."""
        catalog = catalog_of(uow)
        access = visitor_of(door.public, catalog, current_locale(), door.link.unit)
        return cls(uow, door, access, asked_form(catalog.get_form(door.public.form), door.public))

    @property
    def reading(self) -> Reading:
        """How what they type is read."""
        place = self.uow.workspace
        return Reading(place.tz, place.currency, self.uow.now, self.access.locale)

    def first(self) -> Answers:
        """What stands on a fresh page: defaults, and what the link gives for listed fields."""
        answers = first_answers(self.form, self.reading)
        for key in self.door.public.prefilled:
            field, given = self.form.find(key), request.args.getlist(key)[:20]
            if field is not None and given and field.type not in FILE_TYPES:
                texts = [each[:LONGEST_PREFILL] for each in given]
                answers[key] = texts if field.has_side else texts[0]
        return answers

    def posted(self, posted: MultiDict[str, str]) -> Answers:
        """What stood in the inputs; Invalid for anything that was never asked."""
        problems = list(_unasked(self.form, posted))
        if problems:
            raise Invalid(problems)
        return answers_from_post(self.form, posted)

    def values(self, answers: Answers, ticket: Ticket) -> dict[str, Any]:
        """The values to write; Invalid for a file that this page has not handed in."""
        values = values_of(self.form, answers, self.reading)
        files = [each for each in self.form.fields if each.type in FILE_TYPES]
        problems: list[Problem] = []
        for field in files:
            given = [each for each in str(values.get(field.key) or "").split(",") if each]
            numbers = [tickets.signed(keys(), ticket, each) for each in given]
            if None in numbers:
                problems.append(_no_file(field))
            elif field.key in values:
                values[field.key] = ",".join(str(each) for each in numbers)
        if problems:
            raise Invalid(problems)
        return values

    def lacking(self, values: Mapping[str, Any]) -> tuple[Problem, ...]:
        """What this page asks for beyond its form, and was left empty; or that all was."""
        empty = {each.key for each in self.form.fields if not _holds(values.get(each.key))}
        if empty == set(self.form.by_key):
            return (Problem("", "nothing-filled-in"),)
        seen = self.live(values, None)
        return tuple(
            Problem(key, "required", {"field": self.form.by_key[key].name})
            for key in self.door.public.required
            if key in empty and (seen is None or seen.trial.shows(key))
        )

    def live(self, values: Mapping[str, Any], moved: frozenset[str] | None) -> Live | None:
        """What follows from what stands on the page; None where nothing depends on anything."""
        public, unit = self.door.public, self.door.link.unit
        units = dict.fromkeys(unit_fields(public, catalog_of(self.uow)), unit) if unit else {}
        wish = Wish({**public.fixed, **units, **values}, texts=True, moved=moved)
        return live_of(self.uow, self.access, self.form, wish)

    def entries(
        self, answers: Answers, problems: Sequence[Problem], live: Live | None, uploads: str
    ) -> tuple[list[Entry], dict[str, list[str]]]:
        """The inputs in their order, and what is wrong by input."""
        drawn = [key for key in self.form.by_key if live is None or live.trial.shows(key)]
        errors = errors_by_field(problems, drawn)
        answers = answers if live is None else live.answers(answers)
        asking = Asking(self.uow, self.access, self.form, live, uploads=uploads)
        made = [asking.place(key, answers, errors, is_new=True) for key in self.form.by_key]
        return [self.told_to_browser(each) for each in made], errors

    def told_to_browser(self, entry: Entry) -> Entry:
        """The input with what of a person's own the browser may put in."""
        parts = {key: part for part, key in (self.form.person or {}).items()}
        own = _OF_PERSON.get(parts.get(entry.field.key, ""), "")
        return replace(entry, autocomplete=own or _BROWSER.get(entry.field.type, ""))


def asked_form(form: FormDefinition, public: PublicForm) -> FormDefinition:
    """The form with the fields on the page, in the order of the page."""
    known = (form.by_key[key] for key in public.fields if key in form.by_key)
    fields = tuple(
        replace(each, required=each.required or each.key in public.required) for each in known
    )
    return replace(form, fields=fields, by_key={each.key: each for each in fields}, layout=())


def keys() -> Sequence[str]:
    """What tickets are signed with, the newest first."""
    return installation().config.secret_keys


def _unasked(form: FormDefinition, posted: MultiDict[str, str]) -> Any:
    for name in posted:
        key = name.removesuffix(HERE).removesuffix(MORE)
        field = form.find(key)
        if name in OWN or (field is not None and (name == key or field.has_side)):
            if field is not None and not field.has_side and len(posted.getlist(name)) > 1:
                yield Problem(key, "one-value-only", {"field": field.name})
            continue
        yield Problem(name[:60], "unknown-field", {"field": name[:60]})


def _holds(value: Any) -> bool:
    return bool(value.strip()) if isinstance(value, str) else value not in (None, [], ())


def _no_file(field: FieldDefinition) -> Problem:
    return Problem(field.key, "no-such-file", {"field": field.name, "value": ""})
