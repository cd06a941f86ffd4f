"""Keeping access cases: what pages, API and command line do with them.

A case says what somebody may or may not do: a member or a role, a form, perhaps one record or
those that meet a condition, perhaps one field. Whoever keeps or reads one must be able to ask the
same question themselves (`who_sees`): nobody learns of a form, a field or a person from a case.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from regulars.form_builder.access_cases.tables import access_case
from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.records_seen import sees_record
from regulars.platform.accounts import audit, looking
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.roles import VERBS
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Forbidden, Invalid, NotFound, RegularsError
from regulars.platform.problems import Problem, under

CAPABILITY = "manage_roles"
EXPECTATIONS = ("refused", "allowed")
MOST = 500
ELSEWHERE: Mapping[str, Any] = {
    "all": [
        {"field": "unit", "op": "is_not_empty"},
        {"not": {"field": "unit", "op": "in_my_units"}},
    ]
}
"""The records of every store that is not one of theirs."""
LONGEST_LABEL = 200
Expectation = Literal["refused", "allowed"]


@dataclass(frozen=True)
class AccessCase:
    """One case. ``condition`` and ``record`` exclude each other; without both the form is meant.

    In a condition "me" and "my stores" are those of ``who``.
    """

    who: str
    form: str
    expect: Expectation
    verb: str = "read"
    record: int | None = None
    condition: Mapping[str, Any] | None = None
    field: str | None = None
    label: str = ""
    id: int = 0
    kept_at: datetime | None = None
    kept_by: str = ""

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> AccessCase:
        """A case of a body whose shape holds."""
        return cls(
            raw["who"].strip(), raw["form"], raw["expect"], raw.get("verb", "read"),
            raw.get("record"), raw.get("where"), raw.get("field"), raw.get("label", "").strip(),
        )  # fmt: skip

    def as_json(self) -> dict[str, Any]:
        """As outside clients read it; without ``id`` it may be sent again."""
        return {
            "id": self.id, "label": self.label, "who": self.who, "form": self.form,
            "verb": self.verb, "record": self.record, "where": self.condition,
            "field": self.field, "expect": self.expect, "kept_by": self.kept_by,
            "kept_at": self.kept_at.isoformat() if self.kept_at else None,
        }  # fmt: skip


def list_cases(uow: UnitOfWork, access: Access) -> list[AccessCase]:
    """Every case whose question this reader may ask, in the order they were kept."""
    access.require(CAPABILITY)
    return [each for each in every_case(uow) if may_read(uow, access, each)]


def every_case(uow: UnitOfWork) -> list[AccessCase]:
    """All of them, whoever may read them."""
    return [_case_of(row) for row in uow.execute(access_case.select().order_by(access_case.c.id))]


def get_case(uow: UnitOfWork, access: Access, number: int) -> AccessCase:
    """One case; NotFound also where the reader may not know what it is about."""
    access.require(CAPABILITY)
    row = uow.execute(access_case.select().where(access_case.c.id == number)).first()
    if row is None or not may_read(uow, access, _case_of(row)):
        raise NotFound("no-access-case", id=number)
    return _case_of(row)


def may_read(uow: UnitOfWork, access: Access, case: AccessCase) -> bool:
    """Whether nothing that the case names is kept from this reader; what is gone may be named."""
    try:
        looking.borrow(uow, access, looking.named_eyes(uow, case.who))
    except Forbidden:
        return False
    except RegularsError:
        pass
    seen = catalog_for(uow, access)
    form = seen.whole.forms.get(case.form)
    if form is None:
        return True
    shown = seen.forms[case.form]
    knows_field = case.field is None or form.find(case.field) is None or shown.find(case.field)
    knows_terms = not condition_problems(seen, case) or bool(condition_problems(seen.whole, case))
    return access.scope(case.form, "read") != "none" and bool(knows_field) and knows_terms


def keep_case(uow: UnitOfWork, access: Access, wanted: AccessCase) -> AccessCase:
    """Keep a case; Invalid with every problem, Forbidden about somebody mightier."""
    access.require(CAPABILITY)
    problems = [*_problems(wanted), *_unknown(uow, access, wanted)]
    if not problems:
        problems += _misfits(uow, access, wanted)
    if int(uow.scalar(sa.select(sa.func.count()).select_from(access_case))) >= MOST:
        problems.append(Problem("", "too-many-access-cases", {"limit": MOST}))
    if problems:
        raise Invalid(problems)
    made = uow.execute(
        access_case.insert().values(
            label=wanted.label, who=wanted.who, form=wanted.form, record=wanted.record,
            condition=wanted.condition, field=wanted.field, verb=wanted.verb,
            allowed=wanted.expect == "allowed", kept_at=uow.now, kept_by=access.name,
        )
    ).inserted_primary_key  # fmt: skip
    assert made is not None
    audit.note(uow, access, "case-kept", wanted.label or wanted.form)
    return get_case(uow, access, made[0])


def drop_case(uow: UnitOfWork, access: Access, number: int) -> None:
    """Take a case away; it stands in the log."""
    found = get_case(uow, access, number)
    uow.execute(access_case.delete().where(access_case.c.id == number))
    audit.note(uow, access, "case-dropped", found.label or found.form)


def _problems(wanted: AccessCase) -> Iterator[Problem]:
    if len(wanted.label) > LONGEST_LABEL:
        yield Problem("label", "text-too-long", {"limit": LONGEST_LABEL})
    if wanted.verb not in VERBS:
        yield Problem("verb", "shape-enum", {"allowed": list(VERBS)})
    if wanted.record is not None and wanted.condition is not None:
        yield Problem("where", "one-record-or-condition")
    if wanted.verb == "create" and (wanted.record is not None or wanted.condition is not None):
        yield Problem("verb", "create-has-no-record")


def _unknown(uow: UnitOfWork, access: Access, case: AccessCase) -> Iterator[Problem]:
    """What the case names that is not there for this reader."""
    try:
        looking.borrow(uow, access, looking.named_eyes(uow, case.who))
    except Forbidden:
        yield Problem("who", "access-case-too-high")
    except RegularsError:
        yield Problem("who", "nobody-like-that", {"who": case.who[:60]})
    seen = catalog_for(uow, access)
    form = seen.forms.get(case.form)
    if form is None or access.scope(case.form, "read") == "none":
        yield Problem("form", "unknown-form", {"form": case.form[:60]})
    elif case.field is not None and form.find(case.field) is None:
        yield Problem("field", "unknown-field", {"field": case.field[:60]})


def _misfits(uow: UnitOfWork, access: Access, case: AccessCase) -> list[Problem]:
    if case.record is not None and not sees_record(uow, access, case.form, case.record):
        return [Problem("record", "no-such-record", {"value": case.record})]
    return condition_problems(catalog_for(uow, access), case)


def condition_problems(seen: FormCatalog, case: AccessCase) -> list[Problem]:
    """What is wrong with the condition over these forms."""
    if case.condition is None:
        return []
    _tree, problems = seen.condition(case.form, case.condition)
    return under("where", problems)


def _case_of(row: Any) -> AccessCase:
    return AccessCase(
        row.who, row.form, "allowed" if row.allowed else "refused", row.verb, row.record,
        row.condition, row.field, row.label, row.id, row.kept_at, row.kept_by,
    )  # fmt: skip
