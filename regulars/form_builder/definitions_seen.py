"""Whether a definition speaks of fields that its reader does not see: rules, texts, reports.

It does when it means something less with the forms as they see them. What cannot be checked yet,
because it is still being written, must not even mention the name of such a field.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from regulars.form_builder.catalog import FormCatalog, catalog_of
from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.field_rights import known_by
from regulars.form_builder.record_json import SYSTEM_KEYS
from regulars.form_builder.told_definitions import DESIGN, is_known
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions.kinds import Tell
from regulars.platform.definitions.snapshot import Snapshot, snapshot
from regulars.platform.problems import Problem

Raw = Mapping[str, Any]
Unknown = Mapping[str, frozenset[str]]
"""Form → keys of the fields that somebody does not know of, columns as ``items.price``."""
Check = Callable[[Any, Snapshot], list[Problem]]


def known_forms(uow: UnitOfWork, access: Access) -> FormCatalog | None:
    """The forms with the fields that this reader knows of; None for who knows them all."""
    whole = catalog_of(uow)
    known = known_by(whole, access.held)
    everything = access.kind == "system" or access.can(DESIGN) or known is whole
    return None if everything else known


def unknown_to(uow: UnitOfWork, access: Access) -> Unknown:
    """The fields that somebody does not know of; all of a form they neither read nor fill."""
    known = known_forms(uow, access)
    return {} if known is None else unknown_in(access, known)


def unknown_in(access: Access, known: FormCatalog) -> Unknown:
    """What the whole forms have and these, which are what somebody knows, lack."""
    whole, found = known.whole, {}
    for key, form in whole.forms.items():
        if is_known(access, key):
            found[key] = keys_of(whole, form) - keys_of(known, known.get_form(key))
        else:
            found[key] = frozenset(_designed(form))
    return {form: keys for form, keys in found.items() if keys}


def keys_of(catalog: FormCatalog, form: FormDefinition) -> frozenset[str]:
    """Every field that a role may speak of: those of the form, of its rows, and of the system."""
    shape = catalog.shapes.find(form.key)
    system = (key for key in SYSTEM_KEYS if shape is not None and shape.field(key) is not None)
    return frozenset((*system, *_designed(form)))


def _designed(form: FormDefinition) -> Iterator[str]:
    for field in form.fields:
        yield field.key
        if field.type == "subform":
            yield from (f"{field.key}.{column.key}" for column in field.fields)


def more_problems(uow: UnitOfWork, check: Check, parsed: Any, forms: FormCatalog) -> list[Problem]:
    """The problems that a definition would have over these forms, and over all has not."""
    here = snapshot(uow)
    known = check(parsed, here)
    found = check(parsed, replace(here, derived={**here.derived, "forms": forms}))
    return [problem for problem in found if problem not in known]


def teller(
    problems: Callable[[Raw], list[Problem]], parse: Callable[[Raw], Any], check: Check
) -> Tell:
    """The ``tell`` of a kind whose shape and meaning these look at: all of it, or nothing."""

    def tell(uow: UnitOfWork, access: Access, raw: Raw) -> Raw | None:
        known = known_forms(uow, access)
        if known is None:
            return raw
        if problems(raw):
            return None if mentions_unknown(known, raw) else raw
        parsed = parse(raw)
        if more_problems(uow, check, parsed, known):
            return None
        unsure = bool(check(parsed, snapshot(uow)))
        return None if unsure and mentions_unknown(known, raw) else raw

    return tell


def mentions_unknown(known: FormCatalog, raw: Raw) -> bool:
    """Whether the key of a field stands in a definition that these forms leave out."""
    keys = {
        key
        for form, shape in known.whole.shapes.forms.items()
        for key in set(shape.fields) - set(known.shapes.forms[form].fields)
    }
    if not keys:
        return False
    word = re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(keys)))})\b")
    return bool(word.search(json.dumps(raw, ensure_ascii=False)))
