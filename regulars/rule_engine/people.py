"""What a message needs to know of a person: an address, a language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from regulars.form_builder.definition import FormDefinition
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
