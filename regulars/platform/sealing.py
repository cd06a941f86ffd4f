"""Secrets that must be read again (unlike passwords): sealed, so that a stolen store shows none.

AES-256-GCM with keys derived (HKDF-SHA256) from the installation's. A sealed text names its key
and is bound to its place, so that it can be neither read nor moved elsewhere by whoever has the
store alone: ``1.<key id>.<nonce and ciphertext>``.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Sequence
from functools import cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_FORM = "1"
_NONCE = 12
_KEY_ID = 4  # bytes of the derived material that name the key; the rest encrypts


class BrokenSeal(Exception):
    """Sealed with a key that is gone, moved from another place, or damaged."""


class Seal:
    """Seals with the first of ``keys`` and opens with any of them."""

    def __init__(self, keys: Sequence[str]) -> None:
        derived = [_derived(key) for key in keys]
        self._newest = derived[0][0]
        self._ciphers = dict(derived)

    def seal(self, text: str, place: str) -> str:
        """``text`` for ``place`` (the table, column and row it will stand in)."""
        nonce = os.urandom(_NONCE)
        sealed = self._ciphers[self._newest].encrypt(nonce, text.encode(), place.encode())
        written = base64.urlsafe_b64encode(nonce + sealed).decode("ascii")
        return f"{_FORM}.{self._newest}.{written}"

    def open(self, sealed: str, place: str) -> str:
        """What was sealed for ``place``; BrokenSeal when it cannot be told."""
        form, _dot, rest = sealed.partition(".")
        key_id, _dot, written = rest.partition(".")
        cipher = self._ciphers.get(key_id)
        if form != _FORM or cipher is None:
            raise BrokenSeal("Its key is not among those of this installation.")
        try:
            raw = base64.urlsafe_b64decode(written)
            return cipher.decrypt(raw[:_NONCE], raw[_NONCE:], place.encode()).decode()
        except (InvalidTag, ValueError) as error:
            raise BrokenSeal("It was changed or moved.") from error

    def renewed(self, sealed: str, place: str) -> str | None:
        """The same text under the newest key; None when it is so already, or no key opens it."""
        if self.is_fresh(sealed):
            return None
        try:
            return self.seal(self.open(sealed, place), place)
        except BrokenSeal:
            return None

    def is_fresh(self, sealed: str) -> bool:
        """Whether it was sealed with the newest key."""
        return sealed.startswith(f"{_FORM}.{self._newest}.")


@cache
def seal_for(keys: tuple[str, ...]) -> Seal:
    """The seal of an installation with these keys, newest first."""
    return Seal(keys)


def _derived(key: str) -> tuple[str, AESGCM]:
    material = HKDF(SHA256(), 32 + _KEY_ID, None, b"regulars.seal.1").derive(key.encode())
    return material[:_KEY_ID].hex(), AESGCM(material[_KEY_ID:])
