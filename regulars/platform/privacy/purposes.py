"""Why a message is sent, and whether that reason needs the person's consent. Pure."""

from __future__ import annotations

import re

MARKETING = "marketing"
SERVICE = "service"
CHANNELS = ("sms", "email")
_NAME = re.compile(r"[a-z](_?[a-z0-9]){0,39}\Z")


def needs_consent(purpose: str) -> bool:
    """Whether nothing may be sent for this purpose before the person has agreed.

    Only ``service`` (about something the person bought or asked for) may be sent unasked; a
    refusal is obeyed for it too. A purpose an owner made up needs consent.
    """
    return purpose != SERVICE


def is_purpose(name: str) -> bool:
    """Whether ``name`` can be the name of a purpose."""
    return bool(_NAME.match(name))
