"""Which records somebody may name and link to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from regulars.form_builder.reach import Reader
from regulars.platform.accounts.access import Access


@dataclass(frozen=True)
class LinkLimits:
    """Which records a writer may link to, and by which of their fields they may name them."""

    reader: Reader
    holds: bool = True  # what is linked to is kept from changing until the transaction ends

    def of(self, target: str) -> list[Any]:
        """The WHERE parts for records of ``target``; stores and members are for everybody."""
        if target.startswith("sys_"):
            return []
        table = self.reader.catalog.source().table(target)
        return self.reader.limits(target, table, "read")

    def may_name_by(self, target: str, key: str) -> bool:
        """Whether a record may be named by this field: whoever cannot see it could guess it.

        Members are named by an e-mail that somebody knows anyhow.
        """
        return target.startswith("sys_") or may_use(self.reader.access, target, key)


def may_use(access: Access, form_key: str, key: str) -> bool:
    """Whether somebody may look records up by a field."""
    return access.field_right(form_key, key) in ("write", "read_only")
