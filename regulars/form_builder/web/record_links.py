"""What builders above offer in the menu of a record's page."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.i18n import Text
from regulars.platform.registry import Registry


@dataclass(frozen=True)
class RecordLink:
    """A line of the menu: where it leads, the key of its words, its drawing.

    ``name`` is what the owner calls the thing it is about (``{name}`` in the words). With
    ``asks``, the key of a question, it does something at once when that is affirmed.
    """

    url: str
    text: str
    icon: str
    name: Text = ""
    asks: str = ""


Offer = Callable[[UnitOfWork, Access, str, int], Iterable[RecordLink]]

record_links: Registry[Offer] = Registry("link of a record")
"""Each is asked for the form and the id of the record; what it yields is for this reader."""


def links_of(uow: UnitOfWork, access: Access, form_key: str, record_id: int) -> list[RecordLink]:
    """Every line for this reader."""
    return [each for offer in record_links for each in offer(uow, access, form_key, record_id)]
