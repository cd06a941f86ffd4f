"""Who may read a message text: whoever sees the fields that it fills in.

A text does not say whom it is for, rules do; so a field counts as seen when some form of the
reader's has it, and as hidden when only the whole forms do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.definitions_seen import known_forms, mentions_unknown, teller
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.rule_engine.checks import check_message
from regulars.rule_engine.merging import merge_fields
from regulars.rule_engine.message import Message
from regulars.rule_engine.schema import message_problems

_by_rules = teller(message_problems, Message.from_json, check_message)


def tell_message(
    uow: UnitOfWork, access: Access, raw: Mapping[str, Any]
) -> Mapping[str, Any] | None:
    """The whole text, or nothing of it."""
    known = known_forms(uow, access)
    if known is None:
        return raw
    if message_problems(raw):
        return None if mentions_unknown(known, raw) else raw
    paths = {
        field.path
        for _place, text in Message.from_json(raw).texts()
        for field in merge_fields(text)
        if field.link is None
    }
    hidden = any(_leads(known.whole, path) and not _leads(known, path) for path in paths)
    return None if hidden else _by_rules(uow, access, raw)


def _leads(catalog: FormCatalog, path: str) -> bool:
    """Whether some form knows the path, or what follows the name of a record (``coupon.code``)."""
    ways = {path, path.partition(".")[2] or path}
    return any(not catalog.shown_path(form, way)[1] for form in catalog.forms for way in ways)
