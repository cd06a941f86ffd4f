"""What the one who asks may see and do, decided once per request or job.

`Access` is plain data: services ask it, pages show or hide by it, workers make their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from regulars.platform.accounts.granting import covers
from regulars.platform.accounts.roles import ROLES, FieldRight, Role, Scope, role_of
from regulars.platform.errors import Forbidden

Kind = Literal["member", "token", "system", "public"]

SYSTEM_FORMS = "sys_"


def _built_in() -> Mapping[str, Role]:
    return ROLES


@dataclass(frozen=True)
class Access:
    """One actor in one workspace.

    ``member_id`` is None for tokens, the system and the public. ``unit_ids`` are the units the
    actor is bound to with everything below them, the home unit first; empty means no binding.
    ``assigned_ids`` are those of them that were assigned; None when that is all of them.
    ``roles`` are the roles of the workspace as they stand now; it is read anew for each request.
    """

    member_id: int | None
    name: str
    role: str
    locale: str
    unit_ids: tuple[int, ...] = ()
    kind: Kind = "member"
    token_id: int | None = None
    assigned_ids: tuple[int, ...] | None = None
    roles: Mapping[str, Role] = field(default_factory=_built_in, compare=False, repr=False)

    @property
    def actor(self) -> str:
        """How history and events name this actor: ``member:7``, ``token:2``, ``system``."""
        if self.kind == "member":
            return f"member:{self.member_id}"
        return f"token:{self.token_id}" if self.kind == "token" else self.kind

    @property
    def held(self) -> Role:
        """The role as it is published now; one that is gone may do nothing."""
        return role_of(self.role, self.roles)

    @property
    def own_unit_ids(self) -> tuple[int, ...]:
        """The units assigned, without what lies below them."""
        return self.unit_ids if self.assigned_ids is None else self.assigned_ids

    def can(self, capability: str) -> bool:
        """Whether this actor holds a capability."""
        return capability in self.held.capabilities

    def require(self, capability: str) -> None:
        """Raise Forbidden unless this actor holds the capability."""
        if not self.can(capability):
            raise Forbidden("missing-capability", capability=capability)

    def scope(self, form_key: str, verb: str) -> Scope:
        """Which records of a form this actor may read, create, update, delete or export."""
        if form_key.startswith(SYSTEM_FORMS) and verb not in ("read", "export"):
            return "none"
        return self.held.scope(form_key, verb, has_units=bool(self.unit_ids))

    def field_right(self, form_key: str, field_key: str) -> FieldRight:
        """What this actor may see of a field and whether they may change it."""
        return self.held.field_right(form_key, field_key)

    def may_grant(self, role: str | Role) -> bool:
        """Nobody gives away what they do not hold themselves; the product itself holds all."""
        if self.kind == "system":
            return True
        wanted = self.roles.get(role) if isinstance(role, str) else role
        return wanted is not None and covers(self.held, wanted, has_units=bool(self.unit_ids))

    def grantable_roles(self) -> list[Role]:
        """The roles this actor may give to somebody, the mightiest first."""
        return [role for role in self.roles.values() if self.may_grant(role)]


def system_access(locale: str) -> Access:
    """The product itself: workers, the ticker, the command line."""
    return Access(None, "Regulars", "owner", locale, (), "system")


def public_access(locale: str) -> Access:
    """Somebody from the street who holds a link: no capability at all."""
    return Access(None, "", "", locale, (), "public")
