"""What a message needs to know of a person: an address, a language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.definition import FormDefinition
from regulars.platform.db import UnitOfWork
from regulars.platform.i18n import LOCALES

ADDRESS_OF = {"sms": "mobile", "email": "email"}
"""Which part of a person form's ``person`` setting holds the address of a channel."""

_LANGUAGES = {"zh": "zh-Hans", "zh-cn": "zh-Hans", "zh-tw": "zh-Hant", "zh-hk": "zh-Hant"}


@dataclass(frozen=True)
class Person:
    """A record of a person form, seen as somebody to write to."""

    form: FormDefinition
    record: int
    values: Mapping[str, Any]

    def address(self, channel: str) -> str | None:
        """Where a channel reaches them, None when it does not."""
        found = self._told(ADDRESS_OF[channel])
        return str(found) if found else None

    def locale(self, default: str) -> str:
        """Their language as far as the product speaks it, else the shop's."""
        told = str(self._told("language") or "").strip()
        if told in LOCALES:
            return told
        return _LANGUAGES.get(told.casefold(), default)

    def _told(self, part: str) -> Any:
        key = (self.form.person or {}).get(part)
        return self.values.get(key) if key else None


def zones_of(uow: UnitOfWork, rows: Sequence[Any]) -> dict[tuple[str, int], ZoneInfo]:
    """The time zones of those people whose form says where they live, and who have said it."""
    catalog = catalog_of(uow)
    found: dict[tuple[str, int], ZoneInfo] = {}
    for form in {row.form for row in rows} & set(catalog.tables):
        key = (catalog.get_form(form).person or {}).get("zone")
        if key is None:
            continue
        main = catalog.tables[form].main
        wanted = {row.record for row in rows if row.form == form}
        told = sa.select(main.c.id, main.c[key]).where(main.c.id.in_(wanted))
        for record, name in uow.execute(told):
            zone = _zone(name)
            if zone is not None:
                found[form, record] = zone
    return found


def _zone(name: Any) -> ZoneInfo | None:
    try:
        return ZoneInfo(str(name)) if name else None
    except (KeyError, ValueError, OSError):
        return None
