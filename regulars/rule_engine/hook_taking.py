"""Taking in what a program posts to an address: proved, once, newest first, and made an event.

However often and in whatever order calls come, each is taken once, and an older state of a thing
never replaces a newer one.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.linking import ids_by_key
from regulars.form_builder.origin import Origin
from regulars.form_builder.records import create_record, update_record
from regulars.platform.accounts.access import system_access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Busy, Invalid, RegularsError
from regulars.platform.events import Event, record_events
from regulars.platform.inserting import insert_new
from regulars.platform.problems import Problem
from regulars.platform.sealing import Seal
from regulars.rule_engine.hooks import HookMap, forget_old_calls, secrets_of
from regulars.rule_engine.tables import hook, hook_call, hook_seen
from regulars.rule_engine.triggers.outside import HOOK_EVENT, found_at
from regulars.rule_engine.webhooks import PREFIX

TOLERANCE = timedelta(minutes=5)
MOST_BYTES = 256 * 1024
_ID = re.compile(r"[\x21-\x7e]{1,200}\Z")


class NotProved(RegularsError):
    """The call does not prove who sends it, or is too old to be believed."""

    status, code = 401, "hook-not-proved"


class HookPaused(Busy):
    """The address takes nothing at present; what is sent again later is taken then."""

    code = "hook-paused"


@dataclass(frozen=True)
class Call:
    """What was posted: the three headers of Standard Webhooks and the body as it came."""

    message: str
    stamp: str
    signatures: str
    raw: bytes

    @classmethod
    def of(cls, headers: Mapping[str, str], raw: bytes) -> Call:
        """The call of a request's headers, names in small letters."""
        stamp, signatures = (headers.get(f"webhook-{n}", "") for n in ("timestamp", "signature"))
        return cls(headers.get("webhook-id", ""), stamp, signatures, raw)


@dataclass(frozen=True)
class Taken:
    """``taken``, ``outdated`` or ``refused``; ``repeated`` when the same call came before."""

    outcome: str
    repeated: bool = False


def prove(uow: UnitOfWork, seal: Seal, row: Any, call: Call) -> None:
    """NotProved unless the call is signed with a secret of this address, just now."""
    if not _ID.match(call.message) or not call.stamp.isdecimal() or len(call.stamp) > 12:
        raise NotProved()
    sent = datetime.fromtimestamp(int(call.stamp), UTC)
    if abs(uow.now - sent) > TOLERANCE:
        raise NotProved("hook-too-old")
    given = {part.partition(",")[2] for part in call.signatures.split(" ") if part[:3] == "v1,"}
    if not any(_matches(secret, call, given) for secret in secrets_of(uow, seal, row)):
        raise NotProved()
    if row.state != "active":
        raise HookPaused()


def _matches(secret: str, call: Call, given: Iterable[str]) -> bool:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    told = f"{call.message}.{call.stamp}.".encode() + call.raw
    wanted = hmac.new(key, told, hashlib.sha256).digest()
    return any(hmac.compare_digest(wanted, _decoded(each)) for each in given)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return b""


def find_by_token(uow: UnitOfWork, token: str) -> Any:
    """The address with this token, None when there is none."""
    return uow.execute(hook.select().where(hook.c.token == token)).first()


def take(uow: UnitOfWork, row: Any, call: Call, body: Mapping[str, Any]) -> Taken:
    """Take a proved call in. Raises Invalid when its record is refused; `note_refusal` keeps that.

    A call that was refused may come again under the same id.
    """
    known = _note(uow, row, call, body)
    if known is not None:
        return Taken(known, repeated=True)
    told = plain(body)
    maps = HookMap.from_json(row.maps) if row.maps else None
    if maps is not None and not _is_newer(uow, row.key, maps, told):
        _settle(uow, row, call, {"outcome": "outdated"})
        return Taken("outdated")
    record = _write(uow, row.key, maps, told) if maps is not None else None
    form = maps.form if maps is not None and record is not None else None
    data = {"hook": row.key, "type": _type(body), "message": call.message, "body": told}
    key = f"hook:{row.key}:{call.message}"
    actor = f"hook:{row.key}"
    record_events(uow, [Event(HOOK_EVENT, form, record, data=data, actor=actor, dedupe_key=key)])
    _settle(uow, row, call, {"form": form, "record": record})
    forget_old_calls(uow, row.key)
    return Taken("taken")


def note_refusal(uow: UnitOfWork, row: Any, call: Call, body: Any, problems: list[Any]) -> None:
    """Keep what was refused and why, for the page of the address."""
    _note(uow, row, call, body)
    _settle(uow, row, call, {"outcome": "refused", "problems": problems})


def plain(value: Any) -> Any:
    """What was said as it is kept: fractions as text, so that they stay exact."""
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return str(value) if isinstance(value, Decimal) else value


def _type(body: Any) -> str | None:
    found = body.get("type") if isinstance(body, Mapping) else None
    return found[:120] if isinstance(found, str) else None


def _note(uow: UnitOfWork, row: Any, call: Call, body: Any) -> str | None:
    """Write the call down; what came of it when it was taken in before."""
    fresh = {
        "hook": row.key, "message": call.message, "type": _type(body), "outcome": "taken",
        "problems": None, "form": None, "record": None, "repeats": 0, "at": uow.now,
    }  # fmt: skip
    if insert_new(uow, hook_call, [fresh], "id"):
        return None
    mine = sa.and_(hook_call.c.hook == row.key, hook_call.c.message == call.message)
    known = uow.execute(hook_call.select().where(mine).with_for_update()).one()
    values: dict[str, Any] = {"repeats": known.repeats + 1}
    if known.outcome == "refused":
        values |= {"outcome": "taken", "problems": None, "at": uow.now}
    uow.execute(hook_call.update().where(mine).values(**values))
    return None if known.outcome == "refused" else str(known.outcome)


def _settle(uow: UnitOfWork, row: Any, call: Call, values: Mapping[str, Any]) -> None:
    mine = sa.and_(hook_call.c.hook == row.key, hook_call.c.message == call.message)
    uow.execute(hook_call.update().where(mine).values(**values))


def _is_newer(uow: UnitOfWork, key: str, maps: HookMap, told: Any) -> bool:
    """Whether this state of a thing is newer than what was taken; equal states are not."""
    version = found_at(told, maps.version) if maps.version else None
    if version is None:
        return True
    thing, shown = str(found_at(told, maps.at))[:200], str(version)[:200]
    row = {"hook": key, "object": thing, "version": shown}
    if insert_new(uow, hook_seen, [row], "object"):
        return True
    mine = sa.and_(hook_seen.c.hook == key, hook_seen.c.object == thing)
    known = uow.execute(hook_seen.select().where(mine).with_for_update()).one()
    if _rank(shown) <= _rank(known.version):
        return False
    uow.execute(hook_seen.update().where(mine).values(version=shown))
    return True


def _rank(version: str) -> tuple[int, Decimal, str]:
    """Numbers and times by their value, anything else by its letters."""
    try:
        number = Decimal(version)
        return (1, number, "") if number.is_finite() else (0, Decimal(0), version)
    except InvalidOperation:
        pass
    try:
        at = datetime.fromisoformat(version)
    except ValueError:
        return (0, Decimal(0), version)
    aware = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return (1, Decimal(str(aware.timestamp())), "")


def _write(uow: UnitOfWork, key: str, maps: HookMap, told: Any) -> int | None:
    """Make or change the record that a call is about; its id, None when there is none."""
    wanted = found_at(told, maps.at)
    if wanted is None or isinstance(wanted, (Mapping, list)):
        raise Invalid([Problem(maps.at, "required")])
    text = str(wanted)
    found = ids_by_key(uow, catalog_of(uow), maps.form, maps.match, [text]).get(text)
    if isinstance(found, str):
        raise Invalid([Problem(maps.at, found, {"value": text[:60], "field": maps.match})])
    if not maps.values:
        return found
    values = _values(maps, told)
    access, origin = system_access(uow.workspace.locale), Origin("api", ref=f"hook:{key}")
    if found is not None:
        update_record(uow, access, maps.form, found, values, origin=origin)
        return found
    values.setdefault(maps.match, wanted)
    return create_record(uow, access, maps.form, values, origin=origin).id


def _values(maps: HookMap, told: Any) -> dict[str, Any]:
    """What is written: what was not said is left as it is."""
    values: dict[str, Any] = {}
    for key, path in maps.values.items():
        value = found_at(told, path)
        if value is not None:
            own, _dot, by = key.partition(".")
            values[own] = {by: value} if by else value
    return values
