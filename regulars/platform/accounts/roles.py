"""The built-in roles as data: what each may do, and on which records.

A capability is a verb on a noun. ``enter`` is what everyone in the workspace holds; a route that
any member may use declares it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Scope = Literal["none", "unit", "all"]
Verb = Literal["read", "create", "update", "delete", "export"]

CAPABILITIES = (
    "enter",
    "read_records",
    "create_records",
    "update_records",
    "delete_records",
    "import_records",
    "export_records",
    "design_forms",
    "edit_rules",
    "run_rules",
    "send_messages",
    "manage_consents",
    "merge_records",
    "export_people",
    "erase_people",
    "view_reports",
    "edit_reports",
    "manage_members",
    "manage_units",
    "manage_tokens",
    "manage_workspace",
    "install_packs",
)

_VERB_NEEDS: Mapping[str, str] = MappingProxyType(
    {
        "read": "read_records",
        "create": "create_records",
        "update": "update_records",
        "delete": "delete_records",
        "export": "export_records",
    }
)


@dataclass(frozen=True)
class Role:
    """A named set of capabilities. ``bound_to_units``: assigned stores narrow what it sees."""

    key: str
    capabilities: frozenset[str]
    bound_to_units: bool

    def scope(self, verb: str, *, has_units: bool) -> Scope:
        """Which records of an ordinary form this role may ``verb``."""
        if _VERB_NEEDS.get(verb) not in self.capabilities:
            return "none"
        return "unit" if self.bound_to_units and has_units else "all"


_OWNER_ONLY = frozenset({"manage_tokens", "manage_workspace", "install_packs", "erase_people"})

ROLES: Mapping[str, Role] = MappingProxyType(
    {
        "owner": Role("owner", frozenset(CAPABILITIES), bound_to_units=False),
        "manager": Role("manager", frozenset(CAPABILITIES) - _OWNER_ONLY, bound_to_units=True),
        "clerk": Role(
            "clerk",
            frozenset({"enter", "read_records", "create_records", "update_records"}),
            bound_to_units=True,
        ),
    }
)
"""By key, the mightiest first."""

NOBODY = Role("", frozenset(), bound_to_units=True)


def role_of(key: str) -> Role:
    """The role of this key; an unknown one may do nothing."""
    return ROLES.get(key, NOBODY)
