"""What builders above offer in the menu of a record's page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from regulars.platform.accounts.access import Access
from regulars.platform.registry import Registry


@dataclass(frozen=True)
class RecordLink:
    """A line of the menu: where it leads, the key of its words, its drawing."""

    url: str
    text: str
    icon: str


record_links: Registry[Callable[[Access, str, int], RecordLink | None]] = Registry(
    "link of a record"
)
"""Each is asked for the form and the id of the record; None: nothing for this reader."""


def links_of(access: Access, form_key: str, record_id: int) -> list[RecordLink]:
    """Every line for this reader."""
    found = (offer(access, form_key, record_id) for offer in record_links)
    return [each for each in found if each is not None]
