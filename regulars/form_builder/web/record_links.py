"""What builders above offer in the menu of a record's page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
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


@dataclass(frozen=True)
class PlacePage:
    """The pages of one kind of place that a record's story leads to (a ``run``): who may open
    them, and the address of one by its number."""

    capability: str
    url: Callable[[int], str]


place_pages: Registry[PlacePage] = Registry("page of a place")


def place_of(ref: str | None) -> tuple[str, int] | None:
    """The place that a line of history names as its source (``run:7/step``)."""
    kind, _, rest = (ref or "").partition(":")
    number = rest.partition("/")[0]
    return (kind, int(number)) if number.isdecimal() else None


def place_url(access: Access, place: tuple[str, int] | None) -> str | None:
    """Where a place is looked at; None when there is no such page for this reader."""
    page = place_pages.find(place[0]) if place is not None else None
    if page is None or place is None or not access.can(page.capability):
        return None
    return page.url(place[1])


Offer = Callable[[UnitOfWork, Access, str, int], Iterable[RecordLink]]

record_links: Registry[Offer] = Registry("link of a record")
"""Each is asked for the form and the id of the record; what it yields is for this reader."""


ListOffer = Callable[[UnitOfWork, Access, str, Mapping[str, str]], Iterable[RecordLink]]

list_links: Registry[ListOffer] = Registry("link of a list")
"""Each is asked for the form and what stands in the list's address (view, words, filter)."""


def links_of(uow: UnitOfWork, access: Access, form_key: str, record_id: int) -> list[RecordLink]:
    """Every line for this reader."""
    return [each for offer in record_links for each in offer(uow, access, form_key, record_id)]


def links_of_list(
    uow: UnitOfWork, access: Access, form_key: str, arguments: Mapping[str, str]
) -> list[RecordLink]:
    """Every line of a list's menu for this reader."""
    return [each for offer in list_links for each in offer(uow, access, form_key, arguments)]
