"""A published form never loses a field by accident: what a new version leaves out is archived."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from regulars.platform.db import UnitOfWork

PURGING = "purging-fields"
"""In `UnitOfWork.memo`: the fields (form, ref) that this transaction takes away on purpose."""


def keep_lost_fields(
    uow: UnitOfWork, raw: Mapping[str, Any], published: Mapping[str, Any] | None
) -> Mapping[str, Any]:
    """The draft with every field among the archived ones that it no longer mentions."""
    if published is None:
        return raw
    going = {ref for form, ref in uow.memo.get(PURGING, ()) if form == raw["key"]}
    return with_lost_fields(raw, published, going)


def with_lost_fields(
    raw: Mapping[str, Any], published: Mapping[str, Any], going: set[str]
) -> dict[str, Any]:
    """As `keep_lost_fields`, without the fields ``going`` (``amount``, ``items.price``). Pure."""
    form = copy.deepcopy(dict(raw))
    _keep(form, published, going, "")
    known = {each["key"]: each for each in published["fields"]}
    for each in form["fields"]:
        old = known.get(each["key"])
        if old is not None and old["type"] == each["type"] == "subform":
            _keep(each, old, going, f"{each['key']}.")
    return form


def _keep(
    owner: dict[str, Any], published: Mapping[str, Any], going: set[str], prefix: str
) -> None:
    mentioned = {each["key"] for each in (*owner["fields"], *owner.get("archived", ()))}
    lost = [
        each
        for each in (*published["fields"], *published.get("archived", ()))
        if each["key"] not in mentioned and f"{prefix}{each['key']}" not in going
    ]
    if lost:
        owner["archived"] = [*owner.get("archived", ()), *copy.deepcopy(lost)]
