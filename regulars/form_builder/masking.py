"""What is shown of a value to somebody who may not see it whole. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.field_types.address import address_of

NOTHING = "•••"
_SIGNS = ("*", "•")
_BY_TYPE = {"phone": "phone", "email": "email", "address": "address"}
_BY_PERSON = {"name": "name", "mobile": "phone", "email": "email", "birthday": "birthday"}


class MaskedText(str):
    """A masked value: it is shown as it stands, whatever the type of its field."""

    __slots__ = ()


def mask_kind(form: FormDefinition, field: FieldDefinition) -> str:
    """How a field is masked: as it says itself, else by its type or its part of a person."""
    said = (field.personal or {}).get("mask")
    if said:
        return str(said)
    if field.type in _BY_TYPE:
        return _BY_TYPE[field.type]
    part = next((part for part, key in (form.person or {}).items() if key == field.key), "")
    return _BY_PERSON.get(part, "all")


def masked(kind: str, value: Any) -> MaskedText | None:
    """What is shown in place of ``value``; nothing where there is nothing."""
    if value is None or value in ("", frozenset(), []):
        return None
    if isinstance(value, MaskedText):
        return value
    return MaskedText(_MASKS.get(kind, _all)(value))


def looks_masked(value: Any) -> bool:
    """Whether somebody sends back what they were shown."""
    return isinstance(value, str) and any(sign in value for sign in _SIGNS)


def _phone(value: Any) -> str:
    digits = str(value).removeprefix("+86")
    if len(digits) < 8:
        return NOTHING
    return (
        f"{digits[:3]}****{digits[-4:]}" if len(digits) > 9 else f"{digits[:2]}****{digits[-2:]}"
    )


def _name(value: Any) -> str:
    return f"{str(value).strip()[:1]}*"


def _email(value: Any) -> str:
    local, at, domain = str(value).partition("@")
    return f"{local[:1]}***@{domain}" if at and local else NOTHING


def _birthday(value: Any) -> str:
    if isinstance(value, datetime) or not isinstance(value, date):
        text = str(value)  # history keeps days as ISO text
        is_day = len(text) == 10 and text[4] == text[7] == "-"
        return text[5:] if is_day else NOTHING
    return f"{value:%m-%d}"


def _address(value: Any) -> str:
    """The region stays, the street goes; history keeps the parts apart."""
    parts = value if isinstance(value, Mapping) else address_of(str(value)).as_json()
    named = dict.fromkeys(parts.get(name) or "" for name in ("province", "city", "district"))
    return f"{''.join(named)}***" if any(named) else NOTHING


def _all(_value: Any) -> str:
    return NOTHING


_MASKS: Mapping[str, Callable[[Any], str]] = {
    "phone": _phone,
    "name": _name,
    "email": _email,
    "birthday": _birthday,
    "address": _address,
    "all": _all,
}
