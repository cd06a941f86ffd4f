"""Signing in: limited by account and by address, equal for known and unknown people."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.engine import Connection

from regulars.platform.accounts import passwords, second_factors, sessions, throttle, trail, users
from regulars.platform.accounts.sessions import Device
from regulars.platform.accounts.throttle import Limit
from regulars.platform.accounts.users import User
from regulars.platform.db import Database
from regulars.platform.errors import Invalid, NotSignedIn, RegularsError
from regulars.platform.ids import fingerprint
from regulars.platform.problems import Problem
from regulars.platform.sealing import Seal

PER_ACCOUNT = Limit(10, timedelta(minutes=15))
PER_ADDRESS = Limit(50, timedelta(minutes=15))


class WrongPassword(RegularsError):
    """Address or password is wrong; which of the two is nobody's business."""

    status, code = 422, "wrong-password"


def check_password(
    database: Database, email: str, password: str, *, address: str, now: datetime
) -> User:
    """The user whose address and password these are; WrongPassword or TooManyTries otherwise."""
    with database.main_tx(write=False) as connection:
        row = users.find_row(connection, email)
        user_id = None if row is None else row.id
        known = user_id is not None and trail.knows(connection, user_id, address, now=now)
    account = _account_key(email, address if known else "")
    limits = [(account, PER_ACCOUNT), (f"sign-in:address:{address}", PER_ADDRESS)]
    try:
        _count(database, limits, now)
    except throttle.TooManyTries:
        _note_seldom(database, "sign-in-held", user_id, address, now)
        raise
    stored = row.password_hash if row is not None and row.active else None
    # Outside any transaction: the hash is slow on purpose.
    if not passwords.password_matches(stored, password) or row is None:
        with database.main_tx() as connection:
            trail.note(connection, "sign-in-refused", user_id, now=now, address=address)
        raise WrongPassword()
    fresh = passwords.hashed_anew(row.password_hash, password)
    with database.main_tx() as connection:
        throttle.forget_tries(connection, account)
        throttle.forget_old_tries(connection, now=now)
        trail.forget_old(connection, now=now)
        if fresh:
            users.strengthen(connection, row.id, row.password_hash, fresh)
    return users.as_user(row)


def check_own_password(
    database: Database, person: User, password: str, *, now: datetime, path: str = "password"
) -> None:
    """Whether somebody who is known already types their own password; Invalid otherwise."""
    throttle.require_try(database, f"password:{person.id}", PER_ACCOUNT, now=now)
    with database.main_tx(write=False) as connection:
        stored = users.password_hash_of(connection, person.id)
    if not passwords.password_matches(stored, password):
        raise Invalid([Problem(path, "wrong-current-password")])
    with database.main_tx() as connection:
        throttle.forget_tries(connection, f"password:{person.id}")


def sign_in(
    database: Database,
    account: User,
    visit: str,
    *,
    agent: str,
    now: datetime,
    address: str = "",
) -> None:
    """Open a session for a user under a fresh visit id, whatever they have proven."""
    with database.main_tx() as connection:
        _open(connection, account, visit, Device(agent, address), now)


def begin(database: Database, account: User, visit: str, device: Device, *, now: datetime) -> bool:
    """After the password, under a fresh visit id: True when that is all, False for a code."""
    with database.main_tx() as connection:
        if second_factors.is_on(connection, account.id):
            sessions.owe_second_factor(connection, account.id, fingerprint(visit), now=now)
            return False
        _open(connection, account, visit, device, now)
    return True


def waiting(database: Database, visit: str, *, now: datetime) -> User:
    """Who still owes the code in this visit; NotSignedIn when nobody does."""
    with database.main_tx(write=False) as connection:
        found = sessions.who_owes(connection, fingerprint(visit), now=now)
    if found is None:
        raise NotSignedIn()
    return found


def finish(
    database: Database, seal: Seal, visits: tuple[str, str], device: Device, code: str,
    *, now: datetime,
) -> User:  # fmt: skip
    """Take the code given in the first of ``visits`` and open the session under the second."""
    before, fresh = visits
    person = waiting(database, before, now=now)
    try:
        second_factors.check(database, seal, person.id, code, now=now)
    except Invalid:
        _note_seldom(database, "code-refused", person.id, device.address, now)
        raise
    with database.main_tx() as connection:
        if not sessions.settle(connection, fingerprint(before)):
            raise NotSignedIn()
        _open(connection, person, fresh, device, now)
    return person


def sign_out(database: Database, visit: str) -> None:
    """End the session of this visit."""
    with database.main_tx() as connection:
        sessions.close_session(connection, fingerprint(visit))
        sessions.settle(connection, fingerprint(visit))


def _open(connection: Connection, person: User, visit: str, device: Device, now: datetime) -> None:
    sessions.open_session(connection, person.id, fingerprint(visit), device, now=now)
    trail.note(
        connection, "signed-in", person.id, now=now, address=device.address, agent=device.agent
    )


def _account_key(email: str, known_address: str) -> str:
    """What tries are counted by: an address somebody uses has a count of its own.

    So nobody can keep an owner out by guessing wrong all day from somewhere else.
    """
    account = f"sign-in:account:{fingerprint(users.normal_email(email))}"
    return f"{account}:{known_address}" if known_address else account


def _note_seldom(
    database: Database, action: str, user_id: int | None, address: str, now: datetime
) -> None:
    with database.main_tx() as connection:
        trail.note_seldom(connection, action, user_id, now=now, address=address)


def _count(database: Database, limits: list[tuple[str, Limit]], now: datetime) -> None:
    with database.main_tx() as connection:
        waits = [throttle.count_try(connection, key, limit, now=now) for key, limit in limits]
    if any(waits):
        raise throttle.too_many(max(waits))
