"""Random names for things that outsiders may see or must not guess."""

from __future__ import annotations

import hashlib
import secrets

_READABLE = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def new_token(size: int = 24) -> str:
    """A URL-safe secret of ``size`` random bytes."""
    return secrets.token_urlsafe(size)


def new_code(length: int = 8) -> str:
    """A code people can read aloud: no 0/O, no 1/I."""
    return "".join(secrets.choice(_READABLE) for _ in range(length))


def fingerprint(secret: str) -> str:
    """What is stored in place of a secret with enough randomness of its own."""
    return hashlib.sha256(secret.encode()).hexdigest()
