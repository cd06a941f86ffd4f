"""Calling a provider over HTTP, and what its silence or its status mean for a message."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from regulars.platform.safe_http import AddressRefused, Answer, Door, NoAnswer, NotReached
from regulars.rule_engine.channels.base import SendFailed, SendUnknown

LONGEST_REST = timedelta(hours=6)
SHOWN = 200


@dataclass(frozen=True)
class Call:
    """One request. ``repeatable``: the provider knows our key, so it may be asked again."""

    url: str
    body: bytes
    headers: Mapping[str, str]
    repeatable: bool = False


def ask(door: Door, call: Call) -> Answer:
    """The provider's answer below 500 that is neither "slow down" nor "who are you".

    Raises SendFailed where the message certainly did not leave, or may be tried again safely;
    SendUnknown where it may have left.
    """
    try:
        answer = door.post(call.url, call.body, call.headers)
    except AddressRefused as refused:
        raise SendFailed("address-refused", refused.code, permanent=True) from refused
    except NotReached as silence:
        raise SendFailed("no-answer", str(silence), permanent=False) from silence
    except NoAnswer as silence:
        raise _doubt(call, "no-answer", str(silence)) from silence
    if answer.status == 429:
        raise SendFailed("too-many", permanent=False, retry_after=_rest(answer))
    if answer.status in (401, 403):
        raise SendFailed("no-access", shown(answer), permanent=False, trip=True)
    if answer.status >= 500:
        if answer.status == 503 and "retry-after" in answer.headers:
            raise SendFailed("too-many", permanent=False, retry_after=_rest(answer))
        raise _doubt(call, "provider-refused", shown(answer))
    return answer


def read_json(call: Call, answer: Answer) -> dict[str, Any]:
    """The JSON object of an answer. What cannot be read says nothing about the message."""
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise _doubt(call, "provider-refused", shown(answer))
    return found


def shown(answer: Answer) -> str:
    """The beginning of an answer, for the person who looks why."""
    words = answer.body[: SHOWN * 4].decode("utf-8", "replace")[:SHOWN]
    return f"{answer.status} {' '.join(words.split())}".strip()


def refused(answer: Answer, detail: str, *, permanent: bool = True) -> SendFailed:
    """The provider understood and said no."""
    return SendFailed("provider-refused", (detail or shown(answer))[:SHOWN], permanent=permanent)


def _doubt(call: Call, code: str, detail: str) -> Exception:
    if call.repeatable:
        return SendFailed(code, detail, permanent=False)
    return SendUnknown(detail)


def _rest(answer: Answer) -> timedelta:
    """How long it wants to be left alone; only seconds are understood, and not for ever."""
    told = answer.headers.get("retry-after", "").strip()
    seconds = int(told) if told.isdecimal() and len(told) < 8 else 60
    return min(timedelta(seconds=seconds), LONGEST_REST)
