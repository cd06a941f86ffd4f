"""Who stands at the till: found by the last digits of a phone number, by a whole code, by name.

Letters are looked for in the name that the clerk reads in full, Chinese by its pinyin, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.field_types.base import BadValue, field_types
from regulars.form_builder.field_types.phone import PhoneField
from regulars.form_builder.records import require_verb
from regulars.form_builder.tills.definition import Till
from regulars.form_builder.tills.reaching import named_ids, reached_ids
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork

MOST_FOUND = 12
TAIL = 4
"""How many last digits of a number find somebody; a masked number shows as many."""
LONGEST_CODE = 200
_BETWEEN = re.compile(r"[\s().-]+")
_LETTERS = re.compile(r"(?=(?:.*[^\W\d_]){2})[^\d_%]{2,60}")
_DIGITS = re.compile(rf"[0-9]{{{TAIL}}}")


def find_people(uow: UnitOfWork, access: Access, till: Till, text: str) -> list[int]:
    """The ids of who it may be, newest first; one more than `MOST_FOUND` when there are more."""
    form = catalog_for(uow, access).get_form(till.people.form)
    require_verb(access, form.key, "read")
    said, found = text.strip()[:LONGEST_CODE], list[int]()
    if leaves := list(_leaves(access, till, form, said)):
        found = reached_ids(uow, access, form.key, {"any": leaves}, most=MOST_FOUND + 1)
    if _LETTERS.fullmatch(said):
        found += [each for each in _called(uow, access, form, said) if each not in found]
    return found[: MOST_FOUND + 1]


def _called(uow: UnitOfWork, access: Access, form: FormDefinition, said: str) -> list[int]:
    """Whose name has these words; nobody where the clerk sees the name masked or not at all."""
    field = form.find((form.person or {}).get("name", ""))
    if field is None:
        return []
    return named_ids(uow, access, replace(form, fields=(field,)), said, most=MOST_FOUND + 1)


def _leaves(access: Access, till: Till, form: FormDefinition, text: str) -> Iterator[Any]:
    for key in till.people.find_by:
        field = form.find(key)  # None: hidden from this clerk, so nobody is found by it
        if field is None or not text:
            continue
        if field.type == "phone":
            yield from _by_number(field, _BETWEEN.sub("", text))
        elif access.field_right(form.key, key) != "masked":
            yield {"field": key, "op": "is", "value": text}


def _by_number(field: FieldDefinition, text: str) -> Iterator[Any]:
    """A masked number is found, too: its clerk reads the last digits of it anyway."""
    if _DIGITS.fullmatch(text):
        yield {"field": field.key, "op": "ends_with", "value": text}
        return
    kind = field_types.get(field.type)
    assert isinstance(kind, PhoneField)
    try:
        yield {"field": field.key, "op": "is", "value": kind.refine(field, text)}
    except BadValue:
        return
