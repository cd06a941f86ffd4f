"""Why somebody sees a form, a record or a field, or why not: every question, with its answer.

The same limits decide as when they look themselves (`reach`, `field_rights`), so that what is said
here cannot drift from what happens.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa

from regulars.form_builder import expressing
from regulars.form_builder.catalog import FormCatalog, catalog_of
from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.records import get_record
from regulars.form_builder.rows import StoredRecords
from regulars.form_builder.storing import load_rows
from regulars.platform import i18n
from regulars.platform.accounts import looking, members, units
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.looking import Eyes
from regulars.platform.accounts.roles import CAPABILITY_OF, ROLES, ByCondition
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Forbidden, NotFound
from regulars.platform.expressions.findings import Finding, explain_result
from regulars.platform.formats import Formats

CAPABILITY = "manage_members"


@dataclass(frozen=True)
class Asked:
    """What is asked: about which form, record (or none), field (or none), and doing what."""

    form: str
    record: int | None = None
    field: str | None = None
    verb: str = "read"


@dataclass(frozen=True)
class Answer:
    """One question. ``code`` has words at ``roles.why.<code>``; ``finding`` has the leaves."""

    code: str
    holds: bool
    params: Mapping[str, Any] = field(default_factory=dict)
    finding: Finding | None = None

    def words(self, locale: str) -> str:
        """The answer in one sentence."""
        said = {name: i18n.spoken(value, locale) for name, value in self.params.items()}
        return i18n.translate(f"roles.why.{self.code}", locale, **said)

    def as_json(self, locale: str) -> dict[str, Any]:
        """The shape outside clients read."""
        told: dict[str, Any] = {
            "code": self.code, "holds": self.holds, "text": self.words(locale)
        }  # fmt: skip
        if self.finding is not None:
            told["finding"] = self.finding.as_json()
        return told


@dataclass(frozen=True)
class Verdict:
    """Whether somebody may, and why. ``member`` is None for a role."""

    name: str
    role: str
    member: int | None
    answers: tuple[Answer, ...]

    @property
    def may(self) -> bool:
        """Whether nothing stands in the way."""
        return all(answer.holds for answer in self.answers)

    @property
    def reason(self) -> Answer:
        """The first thing that stands in the way, else the last that opened it."""
        return next((each for each in self.answers if not each.holds), self.answers[-1])

    def as_json(self, locale: str) -> dict[str, Any]:
        """The shape outside clients read."""
        return {
            "name": self.name, "role": self.role, "member": self.member, "may": self.may,
            "answers": [answer.as_json(locale) for answer in self.answers],
        }  # fmt: skip


def who_sees(uow: UnitOfWork, access: Access, asked: Asked) -> list[Verdict]:
    """The verdict about every member whom the asker manages, by name."""
    access.require(CAPABILITY)
    found = []
    for each in members.list_members(uow):
        try:
            found.append(why(uow, access, Eyes(member_id=each.id), asked))
        except Forbidden:  # mightier than the asker, or of other stores
            continue
    return found


def why(uow: UnitOfWork, access: Access, eyes: Eyes, asked: Asked) -> Verdict:
    """Whether a member or a role may, and why.

    The asker must see the form, the record and the field themselves; NotFound otherwise.
    """
    access.require(CAPABILITY)
    _require_seen(uow, access, asked)
    if eyes.member_id is not None:
        found = members.get_manageable(uow, access, eyes.member_id)
        name, role, theirs = found.name, found.role, members.member_access(uow, found)
        if not found.active:
            return Verdict(name, role, found.id, (Answer("gone", False, {"name": name}),))
    else:
        sight = looking.borrow(uow, access, eyes)
        name, role, theirs = "", sight.role, sight.access
    return Verdict(name, role, eyes.member_id, answers(uow, access, theirs, asked))


def answers(uow: UnitOfWork, asker: Access, theirs: Access, asked: Asked) -> tuple[Answer, ...]:
    """Every answer to a question that ``asker`` may ask about somebody with this access."""
    return tuple(_Question(uow, asker, theirs, asked).answers())


def _require_seen(uow: UnitOfWork, access: Access, asked: Asked) -> None:
    form = catalog_for(uow, access).get_form(asked.form)
    if asked.verb not in CAPABILITY_OF:
        raise NotFound("no-verb", verb=asked.verb[:40])
    if access.scope(form.key, "read") == "none":
        raise NotFound("no-form", key=form.key)
    if asked.record is not None:
        get_record(uow, access, form.key, asked.record)
    if asked.field is not None and form.find(asked.field) is None:
        raise NotFound("no-field-here", key=asked.field[:60])


@dataclass(frozen=True)
class _Question:
    uow: UnitOfWork
    asker: Access
    theirs: Access
    asked: Asked

    def answers(self) -> Iterator[Answer]:
        """From the widest to the narrowest; what follows a no still shows what else there is."""
        yield self._role()
        for verb in dict.fromkeys(("read", self.asked.verb)):
            scope = self._scope(verb)
            yield scope
            if scope.holds and self.asked.record is not None and verb != "create":
                yield self._record(verb)
        if self.asked.field is not None:
            yield self._field()

    @property
    def _catalog(self) -> FormCatalog:
        return catalog_of(self.uow)

    @property
    def _form(self) -> FormDefinition:
        return self._catalog.get_form(self.asked.form)

    def _role(self) -> Answer:
        held = self.theirs.held
        name = held.label
        if held.key in ROLES:
            name = i18n.translate(f"accounts.role.{held.key}", self.asker.locale)
        return Answer("role" if name else "no-role", bool(name), {"role": name or held.key})

    def _scope(self, verb: str) -> Answer:
        scope = self.theirs.scope(self.asked.form, verb)
        kind = "condition" if isinstance(scope, ByCondition) else scope
        told = {
            "form": self._form.label, "stores": self._stores() or "–",
            "verb": i18n.translate(f"roles.verb.{verb}", self.asker.locale),
        }  # fmt: skip
        return Answer(f"scope-{kind}", kind != "none", told)

    def _stores(self) -> list[str]:
        names = {each.id: each.name for each in units.list_units(self.uow)}
        return [names[each] for each in self.theirs.own_unit_ids if each in names]

    def _record(self, verb: str) -> Answer:
        reader = expressing.reader_of(self.uow, self._catalog, self.theirs)
        table = self._catalog.tables[self.asked.form].main
        here = sa.select(table.c.unit, table.c.owner).where(table.c.id == self.asked.record)
        row = self.uow.execute(here).one()
        limits = reader.limits(self.asked.form, table, verb)
        holds = self.uow.execute(here.where(*limits)).first() is not None
        scope = self.theirs.scope(self.asked.form, verb)
        if isinstance(scope, ByCondition):
            return self._condition(scope, holds=holds)
        if scope == "all":
            return Answer("record-all", holds)
        if scope == "own":
            owner = self._name_of(row.owner)
            return Answer("record-own" if holds else "record-of-another", holds, {"owner": owner})
        if row.unit is None:
            return Answer("record-no-store", holds)
        told = {"store": units.get_unit(self.uow, row.unit).name, "stores": self._stores() or "–"}
        return Answer("record-in-store" if holds else "record-elsewhere", holds, told)

    def _name_of(self, member_id: int | None) -> str:
        return "–" if member_id is None else members.get_member(self.uow, member_id).name

    def _condition(self, scope: ByCondition, *, holds: bool) -> Answer:
        """Leaf by leaf, as far as the asker may use what it asks about."""
        code = "record-fits" if holds else "record-does-not-fit"
        seen = catalog_for(self.uow, self.asker)
        tree, problems = seen.condition(self.asked.form, scope.condition)
        if problems or self.asked.record is None:
            return Answer(code, holds)
        place, form = self.uow.workspace, self._form
        formats = Formats(self.asker.locale, place.zone, place.currency, self.uow.now)
        tables = self._catalog.tables[form.key]
        row = load_rows(self.uow, form, tables, [self.asked.record])[self.asked.record]
        records = StoredRecords(self.uow, self._catalog)
        context = expressing.context(self.uow, self.theirs, records)
        found = explain_result(tree, self._catalog.shapes, row, context, formats)
        return Answer(code, holds, finding=replace(found, holds=holds))

    def _field(self) -> Answer:
        key = str(self.asked.field)
        right = self.theirs.field_right(self.asked.form, key)
        told = {"field": self._form.by_key[key].name}
        is_enough = right != "hidden" and (self.asked.verb != "update" or right == "write")
        return Answer(f"field-{right}", is_enough, told)
