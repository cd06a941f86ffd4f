"""Views that members keep for themselves and that look at a field: told as one number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.own_views.tables import own_view
from regulars.platform import i18n
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions.uses import Use, Used


def own_view_uses(uow: UnitOfWork, used: Used) -> Iterator[Use]:
    """How many views of members show, sort or filter by this field (all without one)."""
    if used.kind != "form":
        return
    views = uow.execute(sa.select(own_view.c.view).where(own_view.c.form == used.key)).scalars()
    n = sum(not used.ref or mentions(view, used.ref) for view in views)
    if n:
        said = i18n.translate
        words = {each: said("definitions.named.own-view", each, n=n) for each in i18n.LOCALES}
        place = {each: said("definitions.part.own-view", each) for each in i18n.LOCALES}
        yield Use("own-view", used.key, words, "", place)


def mentions(raw: Any, ref: str) -> bool:
    """Whether a field's key stands in a piece of JSON, alone or at the head of a path.

    Words for people and plain values to compare with are no keys.
    """
    if isinstance(raw, Mapping):
        return any(
            mentions(key, ref) or mentions(each, ref)
            for key, each in raw.items()
            if key != "label" and not (key == "value" and isinstance(each, str))
        )
    if isinstance(raw, list):
        return any(mentions(each, ref) for each in raw)
    if not isinstance(raw, str):
        return False
    path = raw.removeprefix("-")
    return path == ref or path.startswith(f"{ref}.")
