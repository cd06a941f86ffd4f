"""Public forms as a kind of definition: what their JSON may say, and what it must not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from regulars.form_builder.catalog import catalog_from
from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.definitions_seen import teller
from regulars.form_builder.field_types.base import BadValue, Reading, field_types
from regulars.form_builder.public_forms.definition import ADDRESS_OF, PublicForm, is_personal
from regulars.platform.definitions.kinds import DefinitionKind
from regulars.platform.definitions.snapshot import Snapshot
from regulars.platform.json_schema import packaged, shape_problems, validator
from regulars.platform.problems import Problem

KIND = "public_form"
NOT_FOR_STRANGERS = ("link", "links", "member", "members", "unit", "subform", "json", "button")
"""Types whose input would show records or people of the shop, or has no place on a phone."""
CARD_TYPES = ("serial", "barcode", "text")
"""Types that can be shown as the number of a card."""
_READING = Reading(ZoneInfo("UTC"), "CNY", datetime(2000, 1, 1, tzinfo=UTC))


@cache
def public_schema() -> dict[str, Any]:
    """The JSON Schema of a public form."""
    return packaged("regulars.form_builder.public_forms", "public_form.schema.json")


@cache
def _validator() -> Any:
    return validator(public_schema())


def public_problems(raw: Any) -> list[Problem]:
    """Every way a public form's JSON departs from its schema."""
    return shape_problems(_validator(), raw)


def public_form_kind() -> DefinitionKind:
    """The kind ``public_form``; ask only once every field type is registered."""
    return DefinitionKind(
        KIND,
        public_schema(),
        public_problems,
        PublicForm.from_json,
        check_public,
        tell=teller(public_problems, PublicForm.from_json, check_public),
    )


def check_public(public: PublicForm, after: Snapshot) -> list[Problem]:
    """Everything that a public form names and its form does not have, or must not give away."""
    form = catalog_from(after).forms.get(public.form)
    if form is None:
        return [Problem("form", "unknown-form", {"form": public.form})]
    return [
        *_field_problems(public, form),
        *_given_problems(public, form),
        *_lacking(public, form),
        *_consent_problems(public, form),
        *_card_problems(public, form),
        *_moment_problems(public),
    ]


def can_be_asked(field: FieldDefinition) -> bool:
    """Whether strangers may fill in a field of this type."""
    return field_types.get(field.type).writable and field.type not in NOT_FOR_STRANGERS


def _field_problems(public: PublicForm, form: FormDefinition) -> Iterator[Problem]:
    for position, key in enumerate(public.fields):
        place, field = f"fields/{position}", form.find(key)
        if field is None:
            yield Problem(place, "unknown-field", {"field": key})
        elif not can_be_asked(field):
            yield Problem(place, "not-on-a-public-form", {"field": field.name})
        elif key in public.fields[:position]:
            yield Problem(place, "asked-twice", {"field": field.name})
        elif is_personal(form, field) and not public.purpose_of(field):
            yield Problem(place, "field-without-purpose", {"field": field.name})


def _given_problems(public: PublicForm, form: FormDefinition) -> Iterator[Problem]:
    for name in ("required", "prefilled"):
        for position, key in enumerate(getattr(public, name)):
            if key not in public.fields:
                yield Problem(f"{name}/{position}", f"{name}-not-on-page", {"field": key})
    for key in public.purposes:
        if form.find(key) is None:
            yield Problem(f"purposes/{key}", "unknown-field", {"field": key})
    for key, value in public.fixed.items():
        place, field = f"fixed/{key}", form.find(key)
        if field is None:
            yield Problem(place, "unknown-field", {"field": key})
        elif key in public.fields:
            yield Problem(place, "fixed-and-asked", {"field": field.name})
        elif not can_be_asked(field):
            yield Problem(place, "not-on-a-public-form", {"field": field.name})
        else:
            yield from _value_problems(place, field, value)


def _value_problems(place: str, field: FieldDefinition, value: Any) -> Iterator[Problem]:
    try:
        field_types.get(field.type).convert(field, value, _READING)
    except BadValue as bad:
        yield Problem(place, bad.code, {"field": field.name, **bad.params})


def _lacking(public: PublicForm, form: FormDefinition) -> Iterator[Problem]:
    """Required fields that nobody would fill in: no visitor could ever send the form."""
    for field in form.fields:
        filled = field.key in public.fields or field.key in public.fixed
        needs = field.required and field.default is None and field.type != "unit"
        if needs and not filled and field_types.get(field.type).writable:
            yield Problem("fields", "required-not-asked", {"field": field.name})


def _consent_problems(public: PublicForm, form: FormDefinition) -> Iterator[Problem]:
    asked = [(f"consents/{n}", box.channels) for n, box in enumerate(public.consents)]
    if public.opt_in is not None:
        asked.append(("double_opt_in", (public.opt_in.channel,)))
    for place, channels in asked:
        if form.person is None:
            yield Problem(place, "consent-needs-people", {"form": form.label})
            continue
        for channel in channels:
            if form.person.get(ADDRESS_OF[channel]) not in public.fields:
                yield Problem(place, "consent-without-address", {"channel": channel})


def _card_problems(public: PublicForm, form: FormDefinition) -> Iterator[Problem]:
    """A number shown at once would tell strangers who is a member already."""
    if public.shows is None:
        return
    field = form.find(public.shows.field)
    if field is None:
        yield Problem("shows/field", "unknown-field", {"field": public.shows.field})
        return
    if field.type not in CARD_TYPES:
        yield Problem("shows/field", "not-a-card-number", {"field": field.name})
    tells = public.identities(form) or public.limits.per_phone
    if tells and public.opt_in is None:
        yield Problem("shows/field", "card-would-tell", {"field": field.name})


def _moment_problems(public: PublicForm) -> Iterator[Problem]:
    for place, text in (("opens_at", public.opens_at), ("closes_at", public.closes_at)):
        try:
            datetime.fromisoformat(text or "2000-01-01T00:00")
        except ValueError:
            yield Problem(place, "not-a-datetime", {"value": text})
    if public.opens_at and public.closes_at and public.closes_at <= public.opens_at:
        yield Problem("closes_at", "closes-before-it-opens")
