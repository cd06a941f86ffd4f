"""Passwords: argon2id at rest, a few plain rules, and equal time for known and unknown people.

The cost is that of RFC 9106 for machines with little memory: 64 MiB, three passes, four lanes.
At most two are reckoned at once in a process, so that a flood of guesses cannot use up the
memory. Raising the cost later is enough: each hash is made anew when its owner signs in.
"""

from __future__ import annotations

import secrets
import threading
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from regulars.platform.problems import Problem

SHORTEST = 10
LONGEST = 256

_hasher = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=4)
_turn = threading.BoundedSemaphore(2)
_COMMON = (
    "password", "qwertyuiop", "1234567890", "0123456789", "0987654321", "letmeinplease",
    "iloveyou", "administrator", "11111111", "88888888", "66666666", "00000000", "woaini",
)  # fmt: skip


def hash_password(password: str) -> str:
    """What is stored in place of a password."""
    with _turn:
        return _hasher.hash(password)


def hashed_anew(stored: str, password: str) -> str | None:
    """A hash at today's cost for a password that was just right; None when it has it already."""
    return hash_password(password) if _hasher.check_needs_rehash(stored) else None


def password_matches(stored: str | None, password: str) -> bool:
    """Whether this is the password; takes as long when there is nobody to compare with."""
    nobody = _nobodys_hash()
    try:
        with _turn:
            _hasher.verify(stored or nobody, password[:LONGEST])
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def password_problems(password: str, email: str, path: str = "password") -> list[Problem]:
    """What is wrong with a new password."""
    if len(password) < SHORTEST:
        return [Problem(path, "password-too-short", {"n": SHORTEST})]
    if len(password) > LONGEST:
        return [Problem(path, "password-too-long", {"n": LONGEST})]
    plain = password.casefold()
    name = email.partition("@")[0].casefold()
    # The rest beside the well-known part must still hold something of its own.
    for known in (*_COMMON, *([name] if len(name) > 3 else [])):
        if known in plain and len(plain) - len(known) < 4:
            return [Problem(path, "password-too-common")]
    if len(set(plain)) < 4:
        return [Problem(path, "password-too-common")]
    return []


@cache
def _nobodys_hash() -> str:
    return _hasher.hash(secrets.token_urlsafe(16))
