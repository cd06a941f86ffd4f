"""Whether access cases hold as things stand in this transaction.

The same limits decide as when somebody looks themselves (`reach`, `field_rights`), so a case can
not say yes where a page would say no. A masked value counts as not seen: a case about a field asks
for the value itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa

from regulars.form_builder import expressing
from regulars.form_builder.access_cases.service import AccessCase, condition_problems
from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.who_sees import Answer, Asked, answers
from regulars.platform.accounts import looking, members
from regulars.platform.accounts.access import Access, system_access
from regulars.platform.accounts.role_book import roles_of
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import RegularsError
from regulars.platform.expressions.compile_sql import compile_sql
from regulars.platform.i18n import translate

EXAMPLES = 5


@dataclass(frozen=True)
class Judged:
    """One case with what came out.

    ``state`` is ``holds``, ``broken`` or ``void`` (it can no longer be asked); ``code`` has words
    at ``access-cases.found.<code>``. ``records`` are some that speak against it, ``because`` is
    the answer that decides for the first of them.
    """

    case: AccessCase
    state: str
    code: str
    params: Mapping[str, Any] = field(default_factory=dict)
    records: tuple[int, ...] = ()
    because: Answer | None = None

    @property
    def holds(self) -> bool:
        """Whether it is as the owner wanted it."""
        return self.state == "holds"

    def words(self, locale: str) -> str:
        """What came out, in one sentence."""
        said = translate(f"access-cases.found.{self.code}", locale, **self.params)
        why = "" if self.because is None else self.because.words(locale)
        return f"{said} {why}".strip()

    def as_json(self, locale: str) -> dict[str, Any]:
        """As outside clients read it."""
        told = {"state": self.state, "code": self.code, "text": self.words(locale)}
        return {**told, "records": list(self.records)}


def judge_all(
    uow: UnitOfWork, cases: Iterable[AccessCase], locale: str, reader: Access | None = None
) -> list[Judged]:
    """Each case with what came out; reasons are put in ``locale``.

    For a ``reader`` only the records that they reach are looked at: a case counts nothing for
    them that their own lists would not show.
    """
    system = replace(system_access(locale), roles=roles_of(uow))
    return [_judge(uow, system, reader or system, each) for each in cases]


def _judge(uow: UnitOfWork, system: Access, asker: Access, case: AccessCase) -> Judged:
    gone = _what_is_gone(uow, case)
    if gone:
        return Judged(case, "void", gone)
    theirs = _access_of(uow, system, case.who)
    if theirs is None:
        return Judged(case, "void", "who-gone")
    if case.record is None and case.condition is None:
        return _judge_form(uow, asker, theirs, case)
    return _judge_records(uow, asker, theirs, case)


def _what_is_gone(uow: UnitOfWork, case: AccessCase) -> str:
    catalog = catalog_of(uow)
    form = catalog.forms.get(case.form)
    if form is None:
        return "form-gone"
    if case.field is not None and form.find(case.field) is None:
        return "field-gone"
    return "terms-gone" if condition_problems(catalog, case) else ""


def _access_of(uow: UnitOfWork, system: Access, who: str) -> Access | None:
    """What they may do now; None when there is nobody like that any more."""
    try:
        eyes = looking.named_eyes(uow, who)
        if eyes.member_id is None:
            return looking.borrow(uow, system, eyes).access
        found = members.get_member(uow, eyes.member_id)
    except RegularsError:
        return None
    return members.member_access(uow, found) if found.active else None


def _judge_form(uow: UnitOfWork, asker: Access, theirs: Access, case: AccessCase) -> Judged:
    told = answers(uow, asker, theirs, _asked(case, None))
    may = all(each.holds for each in told) and _is_open(theirs, case)
    if may is (case.expect == "allowed"):
        return Judged(case, "holds", "as-wanted")
    return Judged(case, "broken", "may-not" if not may else "may", because=_reason(told))


def _judge_records(uow: UnitOfWork, asker: Access, theirs: Access, case: AccessCase) -> Judged:
    meant, within = _statements(uow, asker, theirs, case)
    count = sa.select(sa.func.count()).select_from
    total = int(uow.scalar(count(meant.subquery())))
    if not total:
        gone = case.record is not None
        return Judged(case, "void" if gone else "holds", "record-gone" if gone else "none-meant")
    if not _is_open(theirs, case):
        within = within.where(sa.false())
    against = within if case.expect == "refused" else sa.except_(meant, within)
    n = int(uow.scalar(count(against.subquery())))
    if not n:
        return Judged(case, "holds", "as-wanted-of", {"n": total})
    rows = against.subquery()
    some = uow.execute(sa.select(rows.c.id).order_by(rows.c.id).limit(EXAMPLES)).scalars()
    records = tuple(some)
    because = _reason(answers(uow, asker, theirs, _asked(case, records[0])))
    code = ("may" if case.expect == "refused" else "may-not") + ("-of" if total > 1 else "")
    return Judged(case, "broken", code, {"n": n, "all": total}, records, because)


def _statements(
    uow: UnitOfWork, asker: Access, theirs: Access, case: AccessCase
) -> tuple[sa.Select[Any], sa.Select[Any]]:
    """The ids of the records that are meant, and of those among them that they reach."""
    catalog = catalog_of(uow)
    reader = expressing.reader_of(uow, catalog, theirs)
    table = catalog.tables[case.form].main
    looker = expressing.reader_of(uow, catalog, asker)
    meant = sa.select(table.c.id).where(*looker.limits(case.form, table, "read"))
    if case.record is not None:
        meant = meant.where(table.c.id == case.record)
    else:
        tree, _problems = catalog.condition(case.form, case.condition)
        # meant, whether ``theirs`` reaches them or not
        whole = replace(reader.target(), source=looker.source())
        meant = meant.where(compile_sql(tree, whole, table))
    limits = [
        limit
        for verb in dict.fromkeys(("read", case.verb))
        for limit in reader.limits(case.form, table, verb)
    ]
    return meant, meant.where(*limits)


def _is_open(theirs: Access, case: AccessCase) -> bool:
    """Whether the field's value is there for them as it is; a masked one is not."""
    if case.field is None:
        return True
    right = theirs.field_right(case.form, case.field)
    return right == "write" or (right == "read_only" and case.verb in ("read", "export"))


def _asked(case: AccessCase, record: int | None) -> Asked:
    return Asked(case.form, record, case.field, case.verb)


def _reason(told: tuple[Answer, ...]) -> Answer:
    """The first thing that stands in the way, else the last that opened it."""
    return next((each for each in told if not each.holds), told[-1])
