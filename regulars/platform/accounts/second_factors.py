"""The second factor: a code from an app on one's phone, and recovery codes for a lost phone.

Codes are those of RFC 6238 (six digits, 30 seconds). The secret lies sealed in the main store and
is shown only while it is being set up; of recovery codes only fingerprints are kept, each works
once. Nothing is sent, so it works without a mail server.
"""

from __future__ import annotations

import hmac
import logging
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import pyotp
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from regulars.platform import ids
from regulars.platform.accounts import throttle, trail
from regulars.platform.accounts.tables import recovery_code, second_factor
from regulars.platform.accounts.throttle import Limit
from regulars.platform.accounts.users import User
from regulars.platform.db import Database
from regulars.platform.errors import Conflict, Invalid, NotFound
from regulars.platform.ids import fingerprint
from regulars.platform.problems import Problem
from regulars.platform.sealing import BrokenSeal, Seal

ISSUER = "Regulars"
STEP_SECONDS = 30
TOLERANCE = 1  # steps that a phone's clock may be early or late
RECOVERY_CODES = 10
RECOVERY_LENGTH = 16  # of 31 signs: 79 bits, so a plain fingerprint cannot be turned back
PER_PERSON = Limit(6, timedelta(minutes=15))

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class FactorState:
    """Since when it is on (None: off), and how many recovery codes are left."""

    confirmed_at: datetime | None
    recovery_left: int = 0


@dataclass(frozen=True)
class Setup:
    """What an app on the phone is given, as text to type and as the address in a QR code."""

    secret: str
    url: str


def state_of(connection: Connection, user_id: int) -> FactorState:
    """Whether a user signs in with a second factor."""
    since = connection.execute(
        sa.select(second_factor.c.confirmed_at).where(second_factor.c.user_id == user_id)
    ).scalar()
    if since is None:
        return FactorState(None)
    left = sa.select(sa.func.count()).where(recovery_code.c.user_id == user_id)
    return FactorState(since, connection.execute(left).scalar_one())


def is_on(connection: Connection, user_id: int) -> bool:
    """Whether this user owes a code after the password."""
    return state_of(connection, user_id).confirmed_at is not None


def users_with_factor(connection: Connection, user_ids: Iterable[int]) -> set[int]:
    """Those of ``user_ids`` who have it on."""
    statement = sa.select(second_factor.c.user_id).where(
        second_factor.c.user_id.in_(list(user_ids)), second_factor.c.confirmed_at.is_not(None)
    )
    return set(connection.execute(statement).scalars())


def begin(connection: Connection, seal: Seal, user_id: int, *, now: datetime) -> None:
    """Make a new secret that is not in force yet; an unfinished older one is forgotten."""
    if is_on(connection, user_id):
        raise Conflict("second-factor-is-on")
    _forget(connection, user_id)
    sealed = seal.seal(pyotp.random_base32(), _place(user_id))
    connection.execute(second_factor.insert().values(user_id=user_id, secret=sealed, begun_at=now))


def unfinished(connection: Connection, seal: Seal, person: User) -> Setup | None:
    """What to put into the app, until the first code has been given; None before and after."""
    row = connection.execute(
        sa.select(second_factor.c.secret, second_factor.c.confirmed_at).where(
            second_factor.c.user_id == person.id
        )
    ).first()
    if row is None or row.confirmed_at is not None:
        return None
    try:
        secret = seal.open(row.secret, _place(person.id))
    except BrokenSeal:
        return None
    label = quote(f"{ISSUER}:{person.email}", safe=":@")
    return Setup(secret, f"otpauth://totp/{label}?secret={secret}&issuer={ISSUER}")


def confirm(
    database: Database, seal: Seal, user_id: int, code: str, *, now: datetime
) -> list[str]:
    """Put it in force with a first code; the answer is the recovery codes, seen this once."""
    throttle.require_try(database, _key(user_id), PER_PERSON, now=now)
    with database.main_tx() as connection:
        if is_on(connection, user_id):
            raise Conflict("second-factor-is-on")
        if not _take_code(connection, seal, user_id, code, now):
            raise Invalid([Problem("code", "wrong-code")])
        connection.execute(
            second_factor.update()
            .where(second_factor.c.user_id == user_id)
            .values(confirmed_at=now)
        )
        trail.note(connection, "factor-on", user_id, now=now)
        throttle.forget_tries(connection, _key(user_id))
        return new_recovery_codes(connection, user_id)


def check(database: Database, seal: Seal, user_id: int, code: str, *, now: datetime) -> None:
    """Use a code of the app or a recovery code up; Invalid or TooManyTries otherwise."""
    throttle.require_try(database, _key(user_id), PER_PERSON, now=now)
    with database.main_tx() as connection:
        if not is_on(connection, user_id):
            raise NotFound()
        taken = _take_code(connection, seal, user_id, code, now)
        if not (taken or _take_recovery_code(connection, user_id, code)):
            raise Invalid([Problem("code", "wrong-code")])
        throttle.forget_tries(connection, _key(user_id))


def new_recovery_codes(connection: Connection, user_id: int) -> list[str]:
    """Fresh ones to print and put away; the older ones stop working."""
    connection.execute(recovery_code.delete().where(recovery_code.c.user_id == user_id))
    codes = [ids.new_code(RECOVERY_LENGTH) for _ in range(RECOVERY_CODES)]
    rows = [{"code_hash": fingerprint(code), "user_id": user_id} for code in codes]
    connection.execute(recovery_code.insert(), rows)
    return ["-".join(code[at : at + 4] for at in range(0, len(code), 4)) for code in codes]


def turn_off(connection: Connection, user_id: int, *, now: datetime) -> bool:
    """Sign in with the password alone from now on; False when it was so already."""
    was_on = is_on(connection, user_id)
    _forget(connection, user_id)
    if was_on:
        trail.note(connection, "factor-off", user_id, now=now)
    return was_on


def seal_again(database: Database, seal: Seal) -> int:
    """Seal every secret with the newest key; how many were sealed with an older one.

    What no key opens stays as it is: its key may come back.
    """
    with database.main_tx() as connection:
        rows = connection.execute(second_factor.select()).all()
        return sum(_seal_again(connection, seal, row) for row in rows)


def _seal_again(connection: Connection, seal: Seal, row: Row[Any]) -> bool:
    fresh = seal.renewed(row.secret, _place(row.user_id))
    if fresh is None:
        return False
    connection.execute(
        second_factor.update().where(second_factor.c.user_id == row.user_id).values(secret=fresh)
    )
    return True


def _take_code(connection: Connection, seal: Seal, user_id: int, code: str, now: datetime) -> bool:
    """Whether the app shows this code now; the same one is not taken twice."""
    row = connection.execute(
        second_factor.select().where(second_factor.c.user_id == user_id).with_for_update()
    ).first()
    if row is None:
        return False
    try:
        secret = seal.open(row.secret, _place(user_id))
    except BrokenSeal:
        log.error("A second factor cannot be read: its key is gone. Reset it on the command line.")
        return False
    step = _step_of(secret, _plain(code), now)
    if step is None or (row.last_step is not None and step <= row.last_step):
        return False
    connection.execute(
        second_factor.update().where(second_factor.c.user_id == user_id).values(last_step=step)
    )
    return True


def _step_of(secret: str, code: str, now: datetime) -> int | None:
    totp = pyotp.TOTP(secret, interval=STEP_SECONDS)
    current = int(now.timestamp()) // STEP_SECONDS
    # Each one is compared, so that the time taken says nothing.
    matching = [
        step
        for step in range(current - TOLERANCE, current + TOLERANCE + 1)
        if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode())
    ]
    return max(matching, default=None)


def _take_recovery_code(connection: Connection, user_id: int, code: str) -> bool:
    used = connection.execute(
        recovery_code.delete().where(
            recovery_code.c.user_id == user_id,
            recovery_code.c.code_hash == fingerprint(_plain(code)),
        )
    )
    return used.rowcount == 1


def _forget(connection: Connection, user_id: int) -> None:
    connection.execute(second_factor.delete().where(second_factor.c.user_id == user_id))
    connection.execute(recovery_code.delete().where(recovery_code.c.user_id == user_id))


def _plain(code: str) -> str:
    """As typed on any keyboard: wide digits, spaces and dashes do not matter."""
    typed = unicodedata.normalize("NFKC", code[:64]).upper()
    return "".join(sign for sign in typed if sign.isalnum())


def _place(user_id: int) -> str:
    return f"second_factor:{user_id}"


def _key(user_id: int) -> str:
    return f"second-factor:{user_id}"
