"""What the one who asks may see and do, decided once per request or job.

`Access` is plain data: services ask it, pages show or hide by it, workers make their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from regulars.platform.accounts.roles import ROLES, Role, Scope, role_of
from regulars.platform.errors import Forbidden

Kind = Literal["member", "token", "system", "public"]

SYSTEM_FORMS = "sys_"


@dataclass(frozen=True)
class Access:
    """One actor in one workspace.

    ``member_id`` is None for tokens, the system and the public. ``unit_ids`` are the units the
    actor is bound to with everything below them, the home unit first; empty means no binding.
    """

    member_id: int | None
    name: str
    role: str
    locale: str
    unit_ids: tuple[int, ...] = ()
    kind: Kind = "member"
    token_id: int | None = None

    @property
    def actor(self) -> str:
        """How history and events name this actor: ``member:7``, ``token:2``, ``system``."""
        if self.kind == "member":
            return f"member:{self.member_id}"
        return f"token:{self.token_id}" if self.kind == "token" else self.kind

    def can(self, capability: str) -> bool:
        """Whether this actor holds a capability."""
        return capability in role_of(self.role).capabilities

    def require(self, capability: str) -> None:
        """Raise Forbidden unless this actor holds the capability."""
        if not self.can(capability):
            raise Forbidden("missing-capability", capability=capability)

    def scope(self, form_key: str, verb: str) -> Scope:
        """Which records of a form this actor may read, create, update, delete or export."""
        if form_key.startswith(SYSTEM_FORMS) and verb not in ("read", "export"):
            return "none"
        return role_of(self.role).scope(verb, has_units=bool(self.unit_ids))

    def may_grant(self, role_key: str) -> bool:
        """Nobody gives away what they do not hold themselves."""
        wanted = ROLES.get(role_key)
        return wanted is not None and wanted.capabilities <= role_of(self.role).capabilities

    def grantable_roles(self) -> list[Role]:
        """The roles this actor may give to somebody, the mightiest first."""
        return [role for role in ROLES.values() if self.may_grant(role.key)]


def system_access(locale: str) -> Access:
    """The product itself: workers, the ticker, the command line."""
    return Access(None, "Regulars", "owner", locale, (), "system")


def public_access(locale: str) -> Access:
    """Somebody from the street who holds a link: no capability at all."""
    return Access(None, "", "", locale, (), "public")
