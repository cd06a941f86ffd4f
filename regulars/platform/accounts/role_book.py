"""The roles of a workspace as they stand in this transaction.

They are cached with the snapshot of the definitions, whose number every transaction reads anew:
what is changed or taken away holds from the next request on, in every process.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from regulars.platform.accounts.roles import ROLES, Role
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions.snapshot import snapshot


def roles_of(uow: UnitOfWork) -> Mapping[str, Role]:
    """Every role by key: the owner's own stand before the least of the built-in ones."""
    seen = snapshot(uow)
    known: Mapping[str, Role] | None = seen.derived.get("roles")
    if known is None:
        *mighty, least = ROLES.items()
        known = MappingProxyType(dict([*mighty, *seen.all("role").items(), least]))
        seen.derived["roles"] = known
    return known
