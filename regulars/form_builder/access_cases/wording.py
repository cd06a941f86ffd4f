"""An access case in one sentence, as its owner would say it."""

from __future__ import annotations

from typing import Any

from regulars.form_builder.access_cases.judging import Judged
from regulars.form_builder.access_cases.service import (
    ELSEWHERE,
    AccessCase,
    condition_problems,
)
from regulars.form_builder.catalog import catalog_of
from regulars.platform.accounts import looking, members, units
from regulars.platform.accounts.role_book import roles_of
from regulars.platform.accounts.roles import ROLES
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import RegularsError
from regulars.platform.expressions.explain import explain
from regulars.platform.formats import Formats
from regulars.platform.i18n import pick, translate


def sentence(uow: UnitOfWork, case: AccessCase, locale: str) -> str:
    """The owner's own words where there are some, else the case spelled out."""
    return f"“{case.label}”" if case.label else spelled_out(uow, case, locale)


def spelled_out(uow: UnitOfWork, case: AccessCase, locale: str) -> str:
    """Who, may or may not, do what, with which field of which records."""
    said = {
        "who": who_words(uow, case.who, locale),
        "verb": translate(f"access-cases.verb.{case.verb}", locale),
        "what": _what(uow, case, locale),
    }
    return str(translate(f"access-cases.says.{case.expect}", locale, **said))


def who_words(uow: UnitOfWork, who: str, locale: str) -> str:
    """The name of a member, or of a role and its store; as it is written when it is gone."""
    try:
        eyes = looking.named_eyes(uow, who)
        if eyes.member_id is not None:
            return members.get_member(uow, eyes.member_id).name
        if eyes.role not in roles_of(uow):
            return who
        role = role_words(uow, eyes.role, locale)
        if eyes.unit_id is None:
            return role
        store = units.get_unit(uow, eyes.unit_id).name
    except RegularsError:
        return who
    return str(translate("access-cases.role-in", locale, role=role, store=store))


def role_words(uow: UnitOfWork, key: str, locale: str) -> str:
    """What people call a role."""
    if key in ROLES:
        return str(translate(f"accounts.role.{key}", locale))
    return pick(roles_of(uow)[key].label, locale) or key


def _what(uow: UnitOfWork, case: AccessCase, locale: str) -> str:
    form = catalog_of(uow).forms.get(case.form)
    name = case.form if form is None else pick(form.label, locale)
    said = {"form": name, "records": _records(uow, case, locale)}
    if case.field is None:
        return str(translate("access-cases.what.records", locale, **said))
    field = form.find(case.field) if form is not None else None
    named = case.field if field is None else pick(field.name, locale)
    return str(translate("access-cases.what.field", locale, field=named, **said))


def _records(uow: UnitOfWork, case: AccessCase, locale: str) -> str:
    if case.record is not None:
        return str(translate("access-cases.records.single", locale, id=case.record))
    if case.condition is None:
        return str(translate("access-cases.records.any", locale))
    if case.condition == ELSEWHERE:
        return str(translate("access-cases.records.elsewhere", locale))
    catalog, place = catalog_of(uow), uow.workspace
    if case.form not in catalog.forms or condition_problems(catalog, case):
        return str(translate("access-cases.records.some", locale))
    tree, _problems = catalog.condition(case.form, case.condition)
    formats = Formats(locale, place.zone, place.currency, uow.now)
    words = explain(tree, catalog.shapes, formats)
    return str(translate("access-cases.records.where", locale, words=words))


def case_json(uow: UnitOfWork, found: Judged, locale: str) -> dict[str, Any]:
    """A case with its sentence and what came out, as outside clients read it."""
    said = spelled_out(uow, found.case, locale)
    return {**found.case.as_json(), "sentence": said, "result": found.as_json(locale)}
