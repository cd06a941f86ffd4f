"""Passwords: argon2id at rest, a few plain rules, and equal time for known and unknown people."""

from __future__ import annotations

import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from regulars.platform.problems import Problem

SHORTEST = 10
LONGEST = 256

_hasher = PasswordHasher()
_COMMON = (
    "password", "qwertyuiop", "1234567890", "0123456789", "0987654321", "letmeinplease",
    "iloveyou", "administrator", "11111111", "88888888", "66666666", "00000000", "woaini",
)  # fmt: skip


def hash_password(password: str) -> str:
    """What is stored in place of a password."""
    return _hasher.hash(password)


def password_matches(stored: str | None, password: str) -> bool:
    """Whether this is the password; takes as long when there is nobody to compare with."""
    try:
        _hasher.verify(stored or _nobodys_hash(), password[:LONGEST])
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
