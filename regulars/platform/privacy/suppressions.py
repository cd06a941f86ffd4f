"""Addresses that nothing is sent to any more, whoever they belong to. Never the address itself.

A list keeps HMAC digests under a random key of this installation. The key stands in the main store
sealed with the installation's secret, so neither a copy of a workspace nor one of all stores tells
who is on the list; a changed secret seals it anew at the next use. Digests survive erasure and
re-import: whoever asked to be forgotten is not written to again.

Before, digests were made with a key that was the same everywhere. Such entries still count, and
turn into new ones as soon as their address is seen again.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import phonenumbers
import sqlalchemy as sa

from regulars.platform import columns
from regulars.platform.accounts.access import Access
from regulars.platform.db import Database, UnitOfWork, main_metadata, workspace_metadata
from regulars.platform.errors import RegularsError
from regulars.platform.inserting import upsert
from regulars.platform.sealing import BrokenSeal, Seal, seal_for

suppression = sa.Table(
    "suppression",
    workspace_metadata,
    sa.Column("channel", columns.Text, primary_key=True),
    sa.Column("digest", columns.Text, primary_key=True),  # never the address itself
    sa.Column("reason", columns.Text, nullable=False),
    sa.Column("at", columns.Instant, nullable=False),
    sa.Column("scheme", columns.BigInt),  # None: made before digests had a key of their own
    sqlite_strict=True,
)
sealed_key = sa.Table(
    "sealed_key",
    main_metadata,
    sa.Column("name", columns.Text, primary_key=True),
    sa.Column("sealed", columns.Text, nullable=False),
    sa.Column("at", columns.Instant, nullable=False),
    sqlite_strict=True,
)

SCHEME = 1
ERASED = "erased"
_NAME = "suppression"
_OLD_KEY = b"regulars.suppression"
_REGION = "CN"


class KeyLost(RegularsError):
    """The list was made under a secret that this installation no longer has."""

    status, code = 503, "suppression-key-lost"


@dataclass
class _Installed:
    secrets: tuple[str, ...] = ()


_installed = _Installed()
_known: dict[tuple[str, str, tuple[str, ...]], bytes] = {}


def install(secret_keys: Sequence[str]) -> None:
    """Choose this process's secrets, newest first; called once where it is put together."""
    _installed.secrets = tuple(key for key in secret_keys if key)


def installed_seal() -> Seal:
    """The seal of this process's secrets. Raises KeyLost where there are none."""
    if not _installed.secrets:
        raise KeyLost()
    return seal_for(_installed.secrets)


def reseal(database: Database) -> None:
    """Seal the list's key with the newest secret, so that older ones may go."""
    with database.main_tx(write=False) as connection:
        row = connection.execute(sealed_key.select().where(sealed_key.c.name == _NAME)).first()
    if row is not None and _installed.secrets:
        with contextlib.suppress(KeyLost):
            _key_of(database)


def suppress_address(
    uow: UnitOfWork, access: Access, channel: str, address: str, why: str
) -> None:
    """Never again send to this address, whoever it belongs to; only a digest of it is kept."""
    access.require("manage_consents")
    suppress(uow, [(channel, address)], why)


def suppress(uow: UnitOfWork, addresses: Iterable[tuple[str, str]], why: str) -> None:
    """The same for several (channel, address), by whoever has seen to the permission."""
    key = _key_of(uow.database)
    rows = {
        (channel, digest_of(key, channel, address)): {
            "channel": channel, "digest": digest_of(key, channel, address), "reason": why,
            "at": uow.now, "scheme": SCHEME,
        }
        for channel, address in addresses
        if address.strip()
    }  # fmt: skip
    upsert(uow, suppression, list(rows.values()), ("reason", "at", "scheme"))


def free_address(uow: UnitOfWork, channel: str, address: str, *, but_not: str) -> bool | None:
    """Take an address off the list; None when it is not there, False when its reason stays."""
    key = _key_of(uow.database)
    digests = (digest_of(key, channel, address), _old_digest(address))
    mine = sa.and_(suppression.c.channel == channel, suppression.c.digest.in_(digests))
    reasons = set(uow.execute(sa.select(suppression.c.reason).where(mine)).scalars())
    if not reasons:
        return None
    if but_not in reasons:
        return False
    uow.execute(suppression.delete().where(mine))
    return True


def suppressed_among(
    uow: UnitOfWork, addresses: Iterable[tuple[str, str | None]], by: datetime | None = None
) -> set[tuple[str, str]]:
    """Those of the (channel, address) that nothing may be sent to; ``by`` an earlier instant."""
    asked = {(channel, address) for channel, address in addresses if address}
    if not asked or uow.execute(suppression.select().limit(1)).first() is None:
        return set()
    key = _key_of(uow.database)
    names = {(c, digest_of(key, c, address)): (c, address) for c, address in asked}
    old = {(c, _old_digest(address)): (c, address) for c, address in asked}
    digests = [digest for _channel, digest in (*names, *old)]
    found, outdated = set(), set()
    for start in range(0, len(digests), 1000):
        some = suppression.c.digest.in_(digests[start : start + 1000])
        for row in uow.execute(suppression.select().where(some)):
            name = (row.channel, row.digest)
            if by is not None and row.at > by:
                continue
            if name in names:
                found.add(names[name])
            elif row.scheme is None and name in old:
                outdated.add((old[name], row.reason))
    for hit, why in outdated:
        _renew(uow, hit, why)
    return found | {hit for hit, _why in outdated}


def digest_of(key: bytes, channel: str, address: str) -> str:
    """An address as the list knows it: spelled one way, then keyed."""
    plain = f"{channel}:{_spelled(channel, address)}"
    return hmac.new(key, plain.encode(), hashlib.sha256).hexdigest()


def tombstone_of(uow: UnitOfWork, said: str) -> str:
    """A digest of anything else under the same key, to recognise it and never read it."""
    return hmac.new(_key_of(uow.database), said.encode(), hashlib.sha256).hexdigest()


def _renew(uow: UnitOfWork, hit: tuple[str, str], why: str) -> None:
    """Keep an entry of the old kind as one of the new kind."""
    channel, address = hit
    uow.execute(
        suppression.delete().where(
            suppression.c.channel == channel, suppression.c.digest == _old_digest(address)
        )
    )
    suppress(uow, [hit], why)


def _spelled(channel: str, address: str) -> str:
    plain = "".join(address.split()).casefold()
    if channel != "sms":
        return plain
    try:
        number = phonenumbers.parse(plain, _REGION)
    except phonenumbers.NumberParseException:
        return plain
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _old_digest(address: str) -> str:
    plain = "".join(address.split()).casefold()
    return hmac.new(_OLD_KEY, plain.encode(), hashlib.sha256).hexdigest()


def _key_of(database: Database) -> bytes:
    """The installation's key for digests, made at its first use."""
    if not _installed.secrets:
        raise KeyLost()
    name = (database.url, str(database.data_dir), _installed.secrets)
    if name not in _known:
        if len(_known) > 1000:
            _known.clear()
        _known[name] = _opened(database)
    return _known[name]


def _opened(database: Database) -> bytes:
    seal = Seal(_installed.secrets)
    with database.main_tx(write=False) as connection:
        row = connection.execute(sealed_key.select().where(sealed_key.c.name == _NAME)).first()
    if row is None:
        _make(database, seal)
        return _opened(database)
    try:
        text = seal.open(row.sealed, _NAME)
    except BrokenSeal:
        raise KeyLost() from None
    if not seal.is_fresh(row.sealed):
        with database.main_tx() as connection:
            connection.execute(
                sealed_key.update()
                .where(sealed_key.c.name == _NAME, sealed_key.c.sealed == row.sealed)
                .values(sealed=seal.seal(text, _NAME), at=database.clock())
            )
    return bytes.fromhex(text)


def _make(database: Database, seal: Seal) -> None:
    """Two processes may come here at once; the first key that stands wins."""
    fresh = seal.seal(secrets.token_hex(32), _NAME)
    try:
        with database.main_tx() as connection:
            connection.execute(
                sealed_key.insert().values(name=_NAME, sealed=fresh, at=database.clock())
            )
    except sa.exc.IntegrityError:
        return
