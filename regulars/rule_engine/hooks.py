"""Addresses that other programs post to: kept by owners, each with a secret that is shown once.

A call is signed as Standard Webhooks says. The address itself proves nothing; it only says which
hook is meant. A secret that was changed is good for another day, so that nothing gets lost.
"""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.catalog import FormCatalog, catalog_of
from regulars.form_builder.field_types.base import field_types
from regulars.platform.accounts.access import Access
from regulars.platform.db import Database, UnitOfWork
from regulars.platform.errors import Conflict, Invalid, NotFound
from regulars.platform.ids import new_token
from regulars.platform.problems import Problem
from regulars.platform.sealing import Seal
from regulars.platform.workspaces import list_workspaces
from regulars.rule_engine.tables import hook, hook_call, hook_seen
from regulars.rule_engine.webhooks import MAX_NAME, PREFIX

OLD_SECRET_GOOD_FOR = timedelta(days=1)
MOST_CALLS_KEPT = 50
MAX_VALUES = 50
_KEY = re.compile(r"[a-z](_?[a-z0-9]){0,47}\Z")
_PATH = re.compile(r"[A-Za-z0-9_\-]+(\.[A-Za-z0-9_\-]+){0,9}\Z")


@dataclass(frozen=True)
class HookMap:
    """Which record a call is about: that of ``form`` whose ``match`` equals what stands at ``at``.

    With ``values`` (field → path in what was said) it is written: made where there is none,
    changed where there is. ``customer.mobile`` names a linked record by one of its unique fields.
    ``version`` is the path of a number or time that tells an older state from a newer one.
    """

    form: str
    match: str
    at: str
    values: Mapping[str, str]
    version: str | None = None

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> HookMap:
        """The map of a JSON object whose shape has been checked."""
        return cls(
            raw["form"], raw["match"], raw["at"], raw.get("values") or {}, raw.get("version")
        )

    def as_json(self) -> dict[str, Any]:
        """The shape that is stored and that outside clients read."""
        return {
            "form": self.form, "match": self.match, "at": self.at, "values": dict(self.values),
            "version": self.version,
        }  # fmt: skip


@dataclass(frozen=True)
class HookWish:
    """An address to be made, or what one shall be like from now on."""

    key: str
    name: str
    maps: HookMap | None = None


@dataclass(frozen=True)
class NewSecret:
    """What is shown once: the address's token and the secret its calls are signed with."""

    token: str
    secret: str


def add_hook(uow: UnitOfWork, access: Access, seal: Seal, wish: HookWish) -> NewSecret:
    """Make an address. Raises Invalid with every problem, Conflict when the key is taken."""
    access.require("manage_tokens")
    _refuse(uow, wish)
    if uow.execute(hook.select().where(hook.c.key == wish.key)).first() is not None:
        raise Conflict("hook-exists", key=wish.key)
    made = NewSecret(f"{uow.workspace.id}-{new_token(24)}", _new_secret())
    uow.execute(
        hook.insert().values(
            key=wish.key, name=wish.name.strip() or wish.key, state="active", token=made.token,
            secret=seal.seal(made.secret, place_of(wish.key)), old_secret=None, old_until=None,
            maps=wish.maps.as_json() if wish.maps else None, created_at=uow.now,
            created_by=access.name,
        )
    )  # fmt: skip
    return made


def change_hook(uow: UnitOfWork, access: Access, wish: HookWish) -> None:
    """Give an address another name or another map."""
    access.require("manage_tokens")
    get_hook(uow, wish.key)
    _refuse(uow, wish)
    maps = wish.maps.as_json() if wish.maps else None
    values = {"name": wish.name.strip() or wish.key, "maps": maps}
    uow.execute(hook.update().where(hook.c.key == wish.key).values(**values))


def rotate_secret(uow: UnitOfWork, access: Access, seal: Seal, key: str) -> NewSecret:
    """Another secret; the one before is good for a day more."""
    access.require("manage_tokens")
    known = get_hook(uow, key)
    secret = _new_secret()
    uow.execute(
        hook.update()
        .where(hook.c.key == key)
        .values(
            secret=seal.seal(secret, place_of(key)), old_secret=known.secret,
            old_until=uow.now + OLD_SECRET_GOOD_FOR,
        )
    )  # fmt: skip
    return NewSecret(known.token, secret)


def set_state(uow: UnitOfWork, access: Access, key: str, state: str) -> None:
    """``paused``: what comes is refused and may be sent again later; ``active``: it is taken."""
    access.require("manage_tokens")
    get_hook(uow, key)
    uow.execute(hook.update().where(hook.c.key == key).values(state=state))


def remove_hook(uow: UnitOfWork, access: Access, key: str) -> None:
    """Take an address away; whoever posts to it learns that there is none."""
    access.require("manage_tokens")
    get_hook(uow, key)
    for table in (hook_call, hook_seen):
        uow.execute(table.delete().where(table.c.hook == key))
    uow.execute(hook.delete().where(hook.c.key == key))


def list_hooks(uow: UnitOfWork) -> list[Any]:
    """Every address, by name."""
    return list(uow.execute(hook.select().order_by(hook.c.name, hook.c.key)))


def get_hook(uow: UnitOfWork, key: str) -> Any:
    """One address; NotFound when there is none."""
    found = uow.execute(hook.select().where(hook.c.key == key)).first()
    if found is None:
        raise NotFound("no-hook", key=key)
    return found


def last_calls(uow: UnitOfWork, key: str, limit: int = MOST_CALLS_KEPT) -> list[Any]:
    """What was posted last and what came of it, newest first."""
    get_hook(uow, key)
    statement = hook_call.select().where(hook_call.c.hook == key)
    return list(uow.execute(statement.order_by(hook_call.c.id.desc()).limit(limit)))


def secrets_of(uow: UnitOfWork, seal: Seal, row: Any) -> Iterator[str]:
    """The secrets that a call may be signed with now."""
    yield seal.open(row.secret, place_of(row.key))
    if row.old_secret is not None and row.old_until is not None and row.old_until > uow.now:
        yield seal.open(row.old_secret, place_of(row.key))


def place_of(key: str) -> str:
    """What a secret is sealed to: it is good for no other address."""
    return f"hook.secret.{key}"


def seal_again(database: Database, seal: Seal) -> int:
    """Seal every secret with the newest key; how many were sealed with an older one."""
    total = 0
    for workspace in list_workspaces(database, archived=True):
        with database.workspace_tx(workspace) as uow:
            for row in list_hooks(uow):
                fresh = {
                    name: text
                    for name in ("secret", "old_secret")
                    if (kept := getattr(row, name)) is not None
                    and (text := seal.renewed(kept, place_of(row.key))) is not None
                }
                if fresh:
                    total += 1
                    uow.execute(hook.update().where(hook.c.key == row.key).values(**fresh))
    return total


def _new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(24)).decode("ascii")


def _refuse(uow: UnitOfWork, wish: HookWish) -> None:
    problems = list(_problems(catalog_of(uow), wish))
    if problems:
        raise Invalid(problems)


def _problems(catalog: FormCatalog, wish: HookWish) -> Iterator[Problem]:
    if not _KEY.match(wish.key):
        yield Problem("key", "bad-webhook-key", {"key": wish.key[:60]})
    if len(wish.name) > MAX_NAME:
        yield Problem("name", "shape-max-length", {"n": MAX_NAME})
    if wish.maps is not None:
        yield from _map_problems(catalog, wish.maps)


def _map_problems(catalog: FormCatalog, maps: HookMap) -> Iterator[Problem]:
    form = catalog.forms.get(maps.form)
    if form is None:
        yield Problem("maps/form", "unpublished-form", {"form": maps.form[:60]})
        return
    match = form.find(maps.match)
    if match is None or not (match.unique or match.type == "serial"):
        yield Problem("maps/match", "not-a-unique-field", {"field": maps.match[:60]})
    paths = {"at": maps.at, **({"version": maps.version} if maps.version else {})}
    paths |= {f"values/{key}": path for key, path in maps.values.items()}
    for place, path in paths.items():
        if not _PATH.match(path):
            yield Problem(f"maps/{place}", "bad-data-path", {"path": path[:60]})
    if len(maps.values) > MAX_VALUES:
        yield Problem("maps/values", "too-many-values", {"limit": MAX_VALUES})
    for key in maps.values:
        yield from _field_problems(catalog, maps.form, key)


def _field_problems(catalog: FormCatalog, form_key: str, key: str) -> Iterator[Problem]:
    place, form = f"maps/values/{key}", catalog.forms[form_key]
    own, _dot, by = key.partition(".")
    field = form.find(own)
    if field is None:
        yield Problem(place, "unknown-field", {"field": key[:60], "form": form.label})
    elif not field_types.get(field.type).writable or field.type == "subform":
        yield Problem(place, "read-only", {"field": field.name})
    elif field.type == "link":
        target = catalog.forms.get(str(field.settings.get("to", "")))
        unique = target.find(by) if target else None
        if unique is None or not unique.unique:
            yield Problem(place, "link-by-unique-field", {"field": field.name})
    elif by:
        yield Problem(place, "unknown-field", {"field": key[:60], "form": form.label})


def forget_old_calls(uow: UnitOfWork, key: str) -> None:
    """Keep the newest calls only; a repeat is known by its event as long as that is kept."""
    newest = (
        sa.select(hook_call.c.id)
        .where(hook_call.c.hook == key)
        .order_by(hook_call.c.id.desc())
        .offset(1000)
        .limit(1)
    )
    old = uow.scalar(newest)
    if old is not None:
        uow.execute(hook_call.delete().where(hook_call.c.hook == key, hook_call.c.id <= old))
