"""A message text as one real person would read it. Nothing is sent and nothing is kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.field_types.file import FILE_TYPES
from regulars.form_builder.querying import RecordQuery
from regulars.form_builder.records import find_records, get_record
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.privacy.purposes import needs_consent
from regulars.rule_engine.links import LinkWriter
from regulars.rule_engine.markdown import to_text
from regulars.rule_engine.merging import MergeField, MissingValues
from regulars.rule_engine.message import Message
from regulars.rule_engine.opting_out import with_way_out
from regulars.rule_engine.people import Person
from regulars.rule_engine.pricing import Pricing
from regulars.rule_engine.rendering import Voice
from regulars.rule_engine.scope import Scope
from regulars.rule_engine.sender import chosen_providers
from regulars.rule_engine.sight import RunSight

_NOT_IN_TEXTS = frozenset({"subform", "related", "links", *FILE_TYPES, "json", "formula"})

OFFERED = 8  # people to try a text on


@dataclass(frozen=True)
class Shown:
    """One channel's text for one person; ``missing`` are merge fields it cannot know here."""

    channel: str
    parts: Mapping[str, str]
    missing: tuple[str, ...] = ()
    pieces: int | None = None  # so many short messages
    cost: int = 0  # in ten-thousandths of the shop's currency

    @property
    def words(self) -> str:
        """What the person reads, without marks of layout."""
        return self.parts.get("text") or to_text(self.parts.get("markdown", ""))


def person_forms(uow: UnitOfWork, access: Access) -> list[FormDefinition]:
    """The forms of people this reader may see."""
    forms = catalog_of(uow).forms.values()
    return [form for form in forms if form.person and access.scope(form.key, "read") != "none"]


def offered_fields(uow: UnitOfWork, access: Access) -> list[FieldDefinition]:
    """What may be put into a text: fields of people that this reader may see."""
    found: dict[str, FieldDefinition] = {}
    for form in person_forms(uow, access):
        for field in form.fields:
            seen = access.field_right(form.key, field.key) in ("write", "read_only")
            if seen and field.type not in _NOT_IN_TEXTS:
                found.setdefault(field.key, field)
    return list(found.values())


def newest_people(uow: UnitOfWork, access: Access) -> list[tuple[str, int, str]]:
    """Some real people to try a text on, newest first: (form, id, name)."""
    query = RecordQuery(sort=("-id",), limit=OFFERED)
    return [
        (form.key, record.id, record.title)
        for form in person_forms(uow, access)
        for record in find_records(uow, access, form.key, query).records
    ]


def preview(
    uow: UnitOfWork, access: Access, message: Message, person: tuple[str, int] | None = None
) -> list[Shown]:
    """The texts as this person would read them, in their language; as the newest by default.

    Empty without any person; NotFound for one the reader may not see.
    """
    if person is None:
        known = newest_people(uow, access)
        if not known:
            return []
        person = known[0][:2]
    record = get_record(uow, access, *person)
    form = catalog_of(uow).get_form(person[0])
    locale = Person(form, record.id, record.values).locale(uow.workspace.locale)
    return list(_shown(uow, access, message, locale, person))


def _shown(
    uow: UnitOfWork, access: Access, message: Message, locale: str, person: tuple[str, int]
) -> Iterator[Shown]:
    form, record = person
    chosen = chosen_providers(uow)
    scope = Scope.start(catalog_for(uow, access), form, None)
    sight = RunSight(uow, form, record, {})
    for channel in message.channels:
        links = LinkWriter(uow.workspace.id, "preview", message.links)
        voice = _Patient(uow, catalog_of(uow), locale, links)
        parts = voice.parts(message.parts(channel, locale), scope, sight)
        if needs_consent(message.purpose):
            parts = with_way_out(parts, channel, locale, links)
        pieces, cost = Pricing(uow, chosen[channel]).of_text(channel, parts.get("text", ""))
        yield Shown(channel, parts, tuple(sorted(voice.unknown)), pieces, cost)


class _Patient(Voice):
    """Leaves what only a rule would know (a coupon, an order) as it is written."""

    def __init__(self, *about: Any) -> None:
        super().__init__(*about)
        self.unknown: set[str] = set()

    def words(self, field: MergeField, scope: Scope, sight: Any) -> str | None:
        try:
            found = super().words(field, scope, sight)
        except MissingValues:
            found = None
        if found is None and field.fallback is None:
            self.unknown.add(field.written)
            return field.written
        return found
