"""Whether a definition speaks of fields that its reader does not see: rules, texts, reports.

It does when it means something less with the forms as they see them. What cannot be checked yet,
because it is still being written, must not even mention the name of such a field.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from regulars.form_builder.catalog import FormCatalog, catalog_of
from regulars.form_builder.field_rights import known_by
from regulars.form_builder.told_definitions import DESIGN
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions.snapshot import Snapshot, snapshot
from regulars.platform.problems import Problem

Raw = Mapping[str, Any]
Check = Callable[[Any, Snapshot], list[Problem]]
Tell = Callable[[UnitOfWork, Access, Raw], Raw | None]


def known_forms(uow: UnitOfWork, access: Access) -> FormCatalog | None:
    """The forms with the fields that this reader knows of; None for who knows them all."""
    whole = catalog_of(uow)
    known = known_by(whole, access.held)
    everything = access.kind == "system" or access.can(DESIGN) or known is whole
    return None if everything else known


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
