"""Values with their middle hidden: enough to recognise, too little to use. Pure."""

from __future__ import annotations

from datetime import date

_STAR = "****"


def mask_phone(number: str | None) -> str:
    """``+8613800001234`` → ``138****1234``; a short number keeps its last two digits."""
    digits = (number or "").removeprefix("+86")
    if not digits:
        return ""
    if len(digits) < 8:
        return f"{_STAR}{digits[-2:]}"
    return f"{digits[:-8] or digits[:1]}{_STAR}{digits[-4:]}"


def mask_email(address: str | None) -> str:
    """``zhang@example.com`` → ``z***@example.com``."""
    local, at, domain = (address or "").rpartition("@")
    return f"{local[:1]}***@{domain}" if at else ""


def mask_name(name: str | None) -> str:
    """``王芳`` → ``王*``; of several words the first letter of each stays."""
    words = (name or "").split()
    if len(words) > 1:
        return " ".join(f"{word[:1]}*" for word in words)
    return f"{words[0][:1]}*" if words else ""


def mask_birthday(day: date | None) -> str:
    """Month and day without the year: ``05-01``."""
    return "" if day is None else f"{day:%m-%d}"
