"""Roles as somebody reads and changes them who does not know of every field.

What they do not know of is neither in the role they read nor on its sheet. It stays as it was when
they save; in a role that is new to it, such a field is hidden.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from regulars.form_builder.definitions_seen import (
    keys_of,
    known_forms,
    mentions_unknown,
    unknown_in,
)
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.roles import VERBS
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid
from regulars.platform.problems import Problem

Raw = Mapping[str, Any]


def tell_role(uow: UnitOfWork, access: Access, raw: Raw) -> Raw | None:
    """The role without fields that its reader does not know of; None where it turns on one."""
    known = known_forms(uow, access)
    if known is None:
        return raw
    forms = raw.get("forms", {})
    if any(
        mentions_unknown(known, rights.get(verb, ""))
        for rights in forms.values()
        for verb in VERBS
    ):
        return None
    unknown = unknown_in(access, known)
    told = {
        form: _without(rights, unknown.get(form, frozenset())) for form, rights in forms.items()
    }
    return {**raw, "forms": told} if "forms" in raw else raw


def fill_role(uow: UnitOfWork, access: Access, raw: Raw, before: Raw | None) -> Raw:
    """The role with the rights that its writer does not know of, as they stood or hidden.

    Raises Invalid where the writer names such a field, as where they name one that is not there.
    """
    known = known_forms(uow, access)
    if known is None:
        return raw
    forms, stood = dict(raw.get("forms", {})), (before or {}).get("forms", {})
    unknown = unknown_in(access, known)
    problems: list[Problem] = []
    for form in known.whole.forms:
        keys, old = unknown.get(form, frozenset()), stood.get(form, {}).get("fields", {})
        given = forms.get(form, {}).get("fields", {})
        there = keys_of(known.whole, known.whole.get_form(form)) - keys
        problems += _named(form, [key for key in given if key not in there], given, old)
        rights = {
            key: old.get(key, "hidden") for key in sorted(keys) if before is None or key in old
        }
        if rights:
            fields = {key: right for key, right in given.items() if key not in keys}
            forms[form] = {**forms.get(form, {}), "fields": {**fields, **rights}}
    if problems:
        raise Invalid(problems)
    return {**raw, "forms": forms} if forms else raw


def _without(rights: Raw, keys: frozenset[str]) -> Raw:
    fields = {key: right for key, right in rights.get("fields", {}).items() if key not in keys}
    if fields == rights.get("fields", {}):
        return rights
    told = {key: value for key, value in rights.items() if key != "fields"}
    return {**told, "fields": fields} if fields else told


def _named(form: str, keys: Iterable[str], given: Raw, old: Raw) -> Iterator[Problem]:
    for key in keys:
        if given[key] != old.get(key):
            yield Problem(f"forms/{form}/fields/{key}", "unknown-field", {"field": key})
