"""Addresses that leave the house: in messages, on posters. Built on the configured base only.

A worker has no request to ask, and a request's own idea of its host must never end up in a link.
"""

from __future__ import annotations

_base = "http://127.0.0.1:8000"


def install(base_url: str) -> None:
    """Say where this installation is reached; called once where the process is put together."""
    global _base
    _base = base_url.rstrip("/")


def absolute(path: str) -> str:
    """The whole address of a path of ours."""
    return f"{_base}{path}"
