"""Later words of providers about messages: delivered or not, and what people wrote back."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from regulars.platform.accounts.access import system_access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Forbidden, NotFound
from regulars.platform.events import record_events
from regulars.platform.sealing import BrokenSeal, Seal
from regulars.rule_engine.channel_keeping import find_inbound
from regulars.rule_engine.channels.accounts import opened
from regulars.rule_engine.channels.base import Heard, Inbound, Receipt, Refused, providers
from regulars.rule_engine.replies import MAX_TEXT, Reply, take_reply
from regulars.rule_engine.tables import outbound
from regulars.rule_engine.turns import turn

_OUR_KEY = re.compile(r"(\d+):(.+):(\d+)\Z")


@dataclass(frozen=True)
class Taken:
    """What an inbound call led to, and what its sender is answered."""

    heard: Heard
    known: int  # receipts that were about messages of ours


def take_in(uow: UnitOfWork, seal: Seal, token: str, inbound: Inbound) -> Taken:
    """Take in receipts and answers. NotFound for an unknown token, Forbidden for a forged call.

    The same receipt twice changes nothing.
    """
    row = find_inbound(uow, token)
    provider = providers.find(row.provider) if row is not None else None
    if row is None or provider is None:
        raise NotFound("not-found")
    try:
        secrets = opened(seal, provider, row.key, row.settings, row.secret)
        heard = provider.hear(inbound, row.settings, secrets)
    except (BrokenSeal, Refused) as error:
        raise Forbidden() from error
    known = sum(_note(uow, provider.name, each) for each in heard.receipts)
    channel = next(iter(provider.channels))
    access = system_access(uow.workspace.locale)
    for said in heard.answers:
        if said.address.strip():
            take_reply(uow, access, Reply(channel, said.address, said.text[:MAX_TEXT], said.key))
    return Taken(heard, known)


def note_fate(uow: UnitOfWork, message_id: int, receipt: Receipt | None) -> bool:
    """A message in doubt did leave, and maybe there is a receipt; False when it is settled."""
    message = uow.execute(
        outbound.select().where(outbound.c.id == message_id).with_for_update()
    ).one()
    values: dict[str, Any] = {"status": "sent", "reason": None}
    if receipt is not None:
        values |= _receipt(uow, receipt)
    done = uow.execute(
        outbound.update()
        .where(outbound.c.id == message_id, outbound.c.status == "unknown")
        .values(**values)
    )
    if done.rowcount:
        record_events(uow, [turn(uow, message, "message_sent")])
    return bool(done.rowcount)


def _receipt(uow: UnitOfWork, receipt: Receipt) -> dict[str, Any]:
    return {
        "receipt": "delivered" if receipt.delivered else "undelivered", "receipt_at": uow.now,
        "receipt_detail": receipt.detail or None,
    }  # fmt: skip


def _note(uow: UnitOfWork, provider: str, receipt: Receipt) -> bool:
    """Write a receipt to its message; False when there is no such message."""
    message = _message_of(uow, provider, receipt)
    if message is None:
        return False
    values = _receipt(uow, receipt)
    word = values["receipt"]
    was_unclear = message.status == "unknown"
    if was_unclear:  # so it did leave
        values |= {"status": "sent", "reason": None, "provider_id": receipt.provider_id}
    done = uow.execute(
        outbound.update()
        .where(
            outbound.c.id == message.id,
            sa.or_(outbound.c.receipt.is_(None), outbound.c.receipt != word),
        )
        .values(**values)
    )
    if done.rowcount and was_unclear:
        record_events(uow, [turn(uow, message, "message_sent")])
    return True


def _message_of(uow: UnitOfWork, provider: str, receipt: Receipt) -> Any:
    """The message a receipt is about: by the provider's id, else by the key we sent along."""
    mine = outbound.select().where(outbound.c.provider == provider).with_for_update()
    if receipt.provider_id:
        by_id = mine.where(outbound.c.provider_id == receipt.provider_id)
        found = uow.execute(by_id.order_by(outbound.c.id.desc()).limit(1)).first()
        if found is not None:
            return found
    key = _OUR_KEY.match(receipt.key or "")
    if key is None or int(key[1]) != uow.workspace.id:
        return None
    found = uow.execute(mine.where(outbound.c.idempotency_key == key[2])).first()
    made = found is not None and int(found.created_at.timestamp()) == int(key[3])
    return found if made else None
