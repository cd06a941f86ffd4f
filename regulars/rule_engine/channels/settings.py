"""The settings a provider asks for: what kind of value, and what is wrong with one. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.headerregistry import Address
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

from regulars.platform.problems import Problem
from regulars.platform.safe_http import AddressRefused, Door

LONGEST = 2000
_HEADER = re.compile(r"[A-Za-z0-9-]{1,60}\Z")
_HOST = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?\Z")
_NOT_OURS = frozenset({"host", "content-length", "transfer-encoding", "connection"})
LONGEST_LINE = 500


@dataclass(frozen=True)
class Setting:
    """One field. Words at ``channels.<provider>.<name>``, help at ``…-help`` where there is any.

    ``kind``: text, long, choice, flag, url, host, sender (``Shop <shop@example.com>``), header,
    templates (message → the provider's own template), or secret: sealed, never shown again. A
    secret belongs to what ``binds``: when such a value changes, it has to be given anew, so that
    it never travels to another address.
    """

    name: str
    kind: str = "text"
    required: bool = True
    binds: bool = False
    options: Sequence[str] = ()
    default: str = ""
    starts: str = ""  # how a pasted address has to begin

    @property
    def is_secret(self) -> bool:
        """Whether it is sealed and never shown again."""
        return self.kind == "secret"


def plain_values(fields: Sequence[Setting], given: Mapping[str, Any]) -> dict[str, Any]:
    """The values that are no secrets, tidied."""
    found: dict[str, Any] = {}
    for each in fields:
        if each.is_secret:
            continue
        value = given.get(each.name)
        if each.kind == "flag":
            found[each.name] = value is True
        elif each.kind == "templates":
            found[each.name] = _templates(value)
        else:
            found[each.name] = str(value if value is not None else each.default).strip()
    return found


def _templates(value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping):
        return {}
    return {str(k): str(v).strip() for k, v in value.items() if str(v or "").strip()}


def secret_values(fields: Sequence[Setting], given: Mapping[str, Any]) -> dict[str, str]:
    """The secrets that were given; an empty one means "as before"."""
    return {
        each.name: str(given[each.name]).strip()
        for each in fields
        if each.is_secret and str(given.get(each.name) or "").strip()
    }


def bound_to(fields: Sequence[Setting], settings: Mapping[str, Any]) -> str:
    """What the secrets belong to, as text."""
    return "|".join(str(settings.get(each.name, "")) for each in fields if each.binds)


def setting_problems(
    fields: Sequence[Setting], given: Mapping[str, Any], known: frozenset[str]
) -> Iterator[Problem]:
    """Everything wrong with the values; ``known`` are secrets that are there and stay."""
    names = {each.name for each in fields}
    for key in given:
        if key not in names:
            yield Problem(str(key)[:60], "unknown-key", {"key": str(key)[:60]})
    local = given.get("local") is True
    for each in fields:
        yield from _problems(each, given.get(each.name), known, local=local)


def _problems(
    field: Setting, value: Any, known: frozenset[str], *, local: bool
) -> Iterator[Problem]:
    if field.kind == "flag":
        if value not in (None, True, False):
            yield Problem(field.name, "shape-type", {"expected": ["boolean"]})
        return
    if field.kind == "templates":
        if value is not None and not isinstance(value, Mapping):
            yield Problem(field.name, "shape-type", {"expected": ["object"]})
        return
    if value is not None and not isinstance(value, str):
        yield Problem(field.name, "not-text")
        return
    text = (value or field.default).strip()
    if not text:
        if field.required and field.name not in known:
            yield Problem(field.name, "required")
        return
    yield from _text_problems(field, text, local=local)


def _text_problems(field: Setting, text: str, *, local: bool) -> Iterator[Problem]:
    most = LONGEST if field.kind == "long" else LONGEST_LINE
    if len(text) > most:
        yield Problem(field.name, "shape-max-length", {"n": most})
    elif field.kind != "long" and not text.isprintable():
        yield Problem(field.name, "one-line-only")
    elif field.starts and not text.startswith(field.starts):
        yield Problem(field.name, "other-address", {"starts": field.starts})
    elif field.kind in _SHAPES and not _SHAPES[field.kind][0](text):
        yield Problem(field.name, _SHAPES[field.kind][1])
    elif field.kind == "choice" and text not in field.options:
        yield Problem(field.name, "shape-enum", {"allowed": list(field.options)})
    elif field.kind == "url":
        try:
            door = Door()
            if local:
                door = Door(frozenset({(_host(text) or "").casefold()}))
            door.check(text)
        except AddressRefused as refused:
            yield Problem(field.name, refused.code)


def _is_header(text: str) -> bool:
    return _HEADER.match(text) is not None and text.casefold() not in _NOT_OURS


def _is_host(text: str) -> bool:
    return _HOST.match(text) is not None


def _is_sender(text: str) -> bool:
    """Whether it is the address of one person or shop, with a name or without."""
    name, address = parseaddr(text)
    local, _, domain = address.rpartition("@")
    try:
        Address(name, local, domain)
    except (ValueError, IndexError):
        return False
    return bool(local) and _is_host(domain)


_SHAPES: Mapping[str, tuple[Callable[[str], bool], str]] = {
    "header": (_is_header, "bad-header"), "host": (_is_host, "not-a-host"),
    "sender": (_is_sender, "not-a-sender"),
}  # fmt: skip


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
