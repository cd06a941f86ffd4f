"""Signing in: limited by account and by address, equal for known and unknown people."""

from __future__ import annotations

from datetime import datetime, timedelta

from regulars.platform.accounts import passwords, sessions, throttle, users
from regulars.platform.accounts.tables import user
from regulars.platform.accounts.throttle import Limit
from regulars.platform.accounts.users import User
from regulars.platform.db import Database
from regulars.platform.errors import RegularsError
from regulars.platform.web.visit import fingerprint

PER_ACCOUNT = Limit(10, timedelta(minutes=15))
PER_ADDRESS = Limit(50, timedelta(minutes=15))


class WrongPassword(RegularsError):
    """Address or password is wrong; which of the two is nobody's business."""

    status, code = 422, "wrong-password"


def check_password(
    database: Database, email: str, password: str, *, address: str, now: datetime
) -> User:
    """The user whose address and password these are; WrongPassword or TooManyTries otherwise."""
    account = f"sign-in:account:{fingerprint(users.normal_email(email))}"
    _count(database, [(account, PER_ACCOUNT), (f"sign-in:address:{address}", PER_ADDRESS)], now)
    with database.main_tx(write=False) as connection:
        row = connection.execute(
            user.select().where(user.c.email == users.normal_email(email))
        ).first()
    stored = row.password_hash if row is not None and row.active else None
    # Outside any transaction: the hash is slow on purpose.
    if not passwords.password_matches(stored, password) or row is None:
        raise WrongPassword()
    with database.main_tx() as connection:
        throttle.forget_tries(connection, account)
        throttle.forget_old_tries(connection, now=now)
    return users.as_user(row)


def sign_in(database: Database, account: User, visit: str, *, agent: str, now: datetime) -> None:
    """Open a session for a user under a fresh visit id."""
    with database.main_tx() as connection:
        sessions.open_session(connection, account.id, fingerprint(visit), agent=agent, now=now)


def sign_out(database: Database, visit: str) -> None:
    """End the session of this visit."""
    with database.main_tx() as connection:
        sessions.close_session(connection, fingerprint(visit))


def _count(database: Database, limits: list[tuple[str, Limit]], now: datetime) -> None:
    with database.main_tx() as connection:
        waits = [throttle.count_try(connection, key, limit, now=now) for key, limit in limits]
    if any(waits):
        raise throttle.too_many(max(waits))
