"""Providers that send only texts they have approved: our text names the template, and its values.

A template's values are the merge fields of our text in the order they stand in; by name, a dot
becomes an underscore (``order.total`` → ``order_total``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from regulars.rule_engine.channels.account_provider import AccountProvider
from regulars.rule_engine.channels.base import Outgoing, SendFailed

_OLD_PART = "values"
"""Where the merged values of messages stood that were written before they had their own place."""


class TemplateSms(AccountProvider):
    """What the providers for mainland China have in common: approved templates, receipts, answers,
    and parts of 70 characters (67 of a longer text)."""

    channels = frozenset({"sms"})
    receipts = True
    answers = True
    part_sizes = (70, 67)


def template_of(outgoing: Outgoing, settings: Mapping[str, Any]) -> str:
    """The provider's template for this text. Raises SendFailed where none is chosen."""
    chosen = (settings.get("templates") or {}).get(outgoing.prepared.get("message", ""))
    if not chosen:
        raise SendFailed("no-template", permanent=True)
    return str(chosen)


def values_of(outgoing: Outgoing) -> list[tuple[str, str]]:
    """The merged values by name, in order, each name once."""
    found: dict[str, str] = {}
    for name, value in outgoing.merged:
        found.setdefault(name.replace(".", "_"), value)
    return list(found.items())


def merged_of(row: Any) -> list[tuple[str, str]]:
    """The merged values of a stored message (a row of ``outbound``)."""
    kept = row.merged if row.merged is not None else json.loads(row.body.get(_OLD_PART) or "[]")
    return [(str(name), str(value)) for name, value in kept]


def as_read(body: Mapping[str, str]) -> dict[str, str]:
    """The parts that somebody reads: without what older messages kept for the provider only."""
    return {part: text for part, text in body.items() if part != _OLD_PART}
