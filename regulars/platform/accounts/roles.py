"""Roles as data: what each may do, on which records, and what it may see of a field.

Three are built in; an owner adds others, as published definitions of the kind ``role``
(`role_definition`). A capability is a verb on a noun. ``enter`` is what everyone in the workspace
holds; a route that any member may use declares it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

Verb = Literal["read", "create", "update", "delete", "export"]
VERBS: tuple[Verb, ...] = ("read", "create", "update", "delete", "export")

Reach = Literal["none", "own", "unit", "unit_tree", "all"]
REACHES: tuple[Reach, ...] = ("none", "own", "unit", "unit_tree", "all")

FieldRight = Literal["write", "read_only", "masked", "hidden"]
FIELD_RIGHTS: tuple[FieldRight, ...] = ("hidden", "masked", "read_only", "write")
"""From the narrowest to the widest."""

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
    "manage_tasks",
    "merge_records",
    "export_people",
    "erase_people",
    "view_reports",
    "edit_reports",
    "manage_members",
    "manage_roles",
    "manage_units",
    "manage_tokens",
    "manage_workspace",
    "manage_backups",
    "install_packs",
    "view_audit",
)

CONTACTS: Mapping[tuple[str, str], str] = MappingProxyType(
    {("sys_members", "email"): "manage_members"}
)
"""What only somebody who manages it reads: the form and field, and the capability."""

CAPABILITY_OF: Mapping[str, str] = MappingProxyType({verb: f"{verb}_records" for verb in VERBS})
"""The capability that opens the doors to a verb; a role holds it when it may do so anywhere."""

CHOSEN_CAPABILITIES = tuple(
    each for each in CAPABILITIES if each != "enter" and each not in CAPABILITY_OF.values()
)
"""What a custom role names; the others follow from what it may do with records."""


@dataclass(frozen=True)
class ByCondition:
    """The records that meet a condition of the expression language, as the actor sees them."""

    condition: Mapping[str, Any]


Scope = Reach | ByCondition


@dataclass(frozen=True)
class FormRights:
    """What a role may do with the records of one form; fields without a right are ``write``.

    The fields of a subform are named ``items.price``.
    """

    scopes: Mapping[str, Scope]
    fields: Mapping[str, FieldRight] = field(default_factory=dict)

    def scope(self, verb: str) -> Scope:
        """On which records."""
        return self.scopes.get(verb, "none")


NO_RIGHTS = FormRights({})


@dataclass(frozen=True, eq=False)
class Role:
    """A named set of rights. Immutable, and one object per published version in a process.

    ``bound_to_units`` is for built-in roles: with stores assigned they see those and everything
    below them, without they see all. A custom role says its reach itself.
    """

    key: str
    capabilities: frozenset[str]
    bound_to_units: bool
    default: FormRights = NO_RIGHTS
    forms: Mapping[str, FormRights] = field(default_factory=dict)
    label: Any = None  # i18n.Text
    description: Any = None  # i18n.Text

    @property
    def is_built_in(self) -> bool:
        """Whether it comes with the product and cannot be edited."""
        return self.key in ROLES

    @property
    def bound_by_units(self) -> bool:
        """Whether stores limit somebody in this role."""
        return self.bound_to_units or self.default.scope("read") != "all"

    @property
    def narrows_fields(self) -> bool:
        """Whether there is a field that it may not write, or may not see."""
        hides = not self.capabilities.issuperset(CONTACTS.values())
        return hides or any(rights.fields for rights in self.forms.values())

    def rights(self, form_key: str) -> FormRights:
        """What it may do with a form's records; ``orders.items`` goes by ``orders``."""
        return self.forms.get(form_key.partition(".")[0], self.default)

    def scope(self, form_key: str, verb: str, *, has_units: bool) -> Scope:
        """Which records of a form this role may ``verb``."""
        if CAPABILITY_OF.get(verb) not in self.capabilities:
            return "none"
        found = self.rights(form_key).scope(verb)
        if self.bound_to_units and found == "unit_tree" and not has_units:
            return "all"
        return found

    def field_right(self, form_key: str, field_key: str) -> FieldRight:
        """What it may see of a field; a hidden subform hides its columns."""
        if CONTACTS.get((form_key, field_key), "enter") not in self.capabilities:
            return "hidden"
        fields = self.rights(form_key).fields
        if not fields:
            return "write"
        rows = form_key.partition(".")[2]
        if not rows:
            return fields.get(field_key, "write")
        outer = fields.get(rows, "write")
        return narrower(outer, fields.get(f"{rows}.{field_key}", "write"))


def narrower(one: FieldRight, other: FieldRight) -> FieldRight:
    """The right that shows less."""
    return min(one, other, key=FIELD_RIGHTS.index)


def capabilities_from(chosen: Iterable[str], rights: Iterable[FormRights]) -> frozenset[str]:
    """What a role holds that names these capabilities and has these rights on records."""
    every = list(rights)
    follow = {
        CAPABILITY_OF[verb] for verb in VERBS if any(one.scope(verb) != "none" for one in every)
    }
    return frozenset({"enter", *chosen, *follow})


_OWNER_ONLY = frozenset(
    {
        *("manage_tokens", "manage_workspace", "install_packs", "erase_people"),
        *("manage_roles", "view_audit", "manage_backups"),
    }
)
_CLERK = frozenset({"enter", "read_records", "create_records", "update_records"})


def _everywhere(reach: Reach, verbs: Iterable[str] = VERBS) -> FormRights:
    return FormRights(MappingProxyType(dict.fromkeys(verbs, reach)))


ROLES: Mapping[str, Role] = MappingProxyType(
    {
        "owner": Role("owner", frozenset(CAPABILITIES), False, _everywhere("all")),
        "manager": Role(
            "manager", frozenset(CAPABILITIES) - _OWNER_ONLY, True, _everywhere("unit_tree")
        ),
        "clerk": Role(
            "clerk", _CLERK, True, _everywhere("unit_tree", ("read", "create", "update"))
        ),
    }
)
"""The built-in ones by key, the mightiest first."""

NOBODY = Role("", frozenset(), bound_to_units=True)


def role_of(key: str, known: Mapping[str, Role] = ROLES) -> Role:
    """The role of this key; an unknown one may do nothing."""
    return known.get(key, NOBODY)
