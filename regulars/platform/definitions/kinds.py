"""What a builder declares about its kind of definition, so that the store can serve it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from regulars.platform.problems import Problem
from regulars.platform.registry import Registry

if TYPE_CHECKING:
    from regulars.platform.accounts.access import Access
    from regulars.platform.db import UnitOfWork
    from regulars.platform.definitions.snapshot import Snapshot
    from regulars.platform.definitions.store import Draft

Raw = Mapping[str, Any]


def _accept(_parsed: Any, _snapshot: Snapshot) -> list[Problem]:
    return []


def _nothing(_uow: UnitOfWork, _before: Snapshot, _after: Snapshot, _keys: Sequence[str]) -> None:
    return None


def _anybody(_uow: UnitOfWork, _access: Access, _before: Any | None, _after: Any | None) -> None:
    return None


def _untold(_uow: UnitOfWork, _access: Access, _known: Draft | None, _raw: Raw) -> None:
    return None


Change = Callable[["UnitOfWork", "Access", Any | None, Any | None], None]
Drafted = Callable[["UnitOfWork", "Access", "Draft | None", Raw], None]


Tell = Callable[["UnitOfWork", "Access", Raw], Raw | None]
Fill = Callable[["UnitOfWork", "Access", Raw, Raw | None], Raw]


def _as_it_is(_uow: UnitOfWork, raw: Raw, _published: Raw | None) -> Raw:
    return raw


def _whole(_uow: UnitOfWork, _access: Access, raw: Raw) -> Raw | None:
    return raw


def _not_retold(_uow: UnitOfWork, _access: Access, _before: Raw, _after: Raw) -> None:
    """Only kinds that can be read as sentences retell a change."""


@dataclass(frozen=True)
class DefinitionKind:
    """One kind of definition.

    ``problems(raw)`` checks shape, ``parse(raw)`` makes the frozen object (only called on raw
    without shape problems), ``check(parsed, snapshot)`` checks meaning against everything that is
    or is about to be published, ``published(uow, before, after, keys)`` does what publishing needs
    inside the same transaction. ``guard(uow, access, before, after)`` raises Forbidden when this
    actor may not make that of a parsed definition (None: not there), beyond holding
    ``capability``; ``note`` is told of each one published or archived, and ``drafted(uow, access,
    known, raw)`` of each draft saved, with the one it replaces.

    ``settle(uow, draft, published)`` is the draft as it is published (a form keeps what it loses
    as archived); ``difference(before, after, locale)`` says in words what changed, where the kind
    has words of its own; ``retold(uow, access, before, after)`` says it in whole sentences, and
    None where it cannot. With ``checks_users`` its own check already looks at those who use it.
    ``tell(uow, access, raw)`` is what of it this reader may read, None for nothing; with
    ``fill(uow, access, raw, known)`` who reads only a part may change it: it puts the rest back.
    """

    name: str
    schema: Mapping[str, Any]
    problems: Callable[[Raw], list[Problem]]
    parse: Callable[[Raw], Any]
    check: Callable[[Any, Snapshot], list[Problem]] = _accept
    published: Callable[[UnitOfWork, Snapshot, Snapshot, Sequence[str]], None] = _nothing
    capability: str = "design_forms"
    guard: Change = _anybody
    note: Change = _anybody
    drafted: Drafted = _untold
    settle: Callable[[UnitOfWork, Raw, Raw | None], Raw] = _as_it_is
    difference: Callable[[Raw | None, Raw, str], list[str]] | None = None
    retold: Callable[[UnitOfWork, Access, Raw, Raw], list[str] | None] = _not_retold
    checks_users: bool = False
    tell: Tell = _whole
    fill: Fill | None = None


kinds: Registry[DefinitionKind] = Registry("kind of definition")
