"""Providers that send only texts they have approved: our text names the template, and its values.

A template's values are the merge fields of our text in the order they stand in; by name, a dot
becomes an underscore (``order.total`` → ``order_total``). Pure.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from regulars.rule_engine.channels.base import Outgoing, SendFailed

VALUES_PART = "values"
"""The part of a short message's body that keeps its merged values, as JSON."""


def template_of(outgoing: Outgoing, settings: Mapping[str, Any]) -> str:
    """The provider's template for this text. Raises SendFailed where none is chosen."""
    chosen = (settings.get("templates") or {}).get(outgoing.prepared.get("message", ""))
    if not chosen:
        raise SendFailed("no-template", permanent=True)
    return str(chosen)


def values_of(outgoing: Outgoing) -> list[tuple[str, str]]:
    """The merged values by name, in order, each name once."""
    found: dict[str, str] = {}
    for name, value in json.loads(outgoing.parts.get(VALUES_PART) or "[]"):
        found.setdefault(str(name).replace(".", "_"), str(value))
    return list(found.items())


def with_values(
    body: Mapping[str, str], channel: str, said: Sequence[tuple[str, str]]
) -> dict[str, str]:
    """The parts of a message, with the merged values of a short one kept beside its text."""
    if channel != "sms" or not said:
        return dict(body)
    kept = json.dumps([list(pair) for pair in said], ensure_ascii=False)
    return {**body, VALUES_PART: kept}


def as_read(body: Mapping[str, str]) -> dict[str, str]:
    """The parts that somebody reads: without what is kept for the provider only."""
    return {part: text for part, text in body.items() if part != VALUES_PART}
