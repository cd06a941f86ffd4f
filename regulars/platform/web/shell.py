"""What stands around every page: navigation, the workspace, the person, waiting words.

Builders add to the navigation and the home page through providers that `wiring` hands over;
the shell itself knows no builder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from flask import Flask, current_app, g, request

from regulars.platform.db import UnitOfWork, Workspace
from regulars.platform.i18n import Text

if TYPE_CHECKING:  # the shell stands below accounts and only names what it is handed
    from regulars.platform.accounts.access import Access
    from regulars.platform.accounts.looking import Sight

_NAME = "regulars.shell"


@dataclass(frozen=True)
class NavItem:
    """One line of the navigation.

    ``label`` is a catalog key, ``title`` an owner's own text that wins over it. ``on_phone`` puts
    it into the bottom bar (the first four fit). ``count`` stands beside it. ``root`` is the
    address its pages lie below where that is shorter than ``url``.
    """

    url: str
    icon: str
    label: str = ""
    title: Text | None = None
    section: str = ""
    order: int = 100
    on_phone: bool = False
    count: int | None = None
    root: str = ""

    @property
    def top(self) -> str:
        """The address at and below which pages belong to this item."""
        return self.root or self.url

    def leads_to(self, path: str) -> bool:
        """Whether a page lies at or below this item; the home page leads to itself alone."""
        return path == self.top or (not self.top.endswith("/") and path.startswith(f"{self.top}/"))


@dataclass(frozen=True)
class HomeCard:
    """A card on the workspace's first page: what there is, and the next step."""

    url: str
    icon: str
    title: str  # catalog key
    text: str  # catalog key
    action: str  # catalog key
    figure: str = ""
    order: int = 100


@dataclass(frozen=True)
class Notice:
    """Words above every page of a workspace, as long as something is out of the ordinary.

    ``title`` and ``action`` are catalog keys; ``params`` fills the title.
    """

    title: str
    tone: str = "warning"
    params: Mapping[str, Any] = field(default_factory=dict)
    url: str = ""
    action: str = ""


NavProvider = Callable[[UnitOfWork, "Access"], Iterable[NavItem]]
CardProvider = Callable[[UnitOfWork, "Access"], Iterable[HomeCard]]
NoticeProvider = Callable[[UnitOfWork, "Access"], Iterable[Notice]]


@dataclass
class Providers:
    """What the builders add to the shell."""

    nav: list[NavProvider] = field(default_factory=list)
    cards: list[CardProvider] = field(default_factory=list)
    notices: list[NoticeProvider] = field(default_factory=list)


@dataclass(frozen=True)
class Shell:
    """The surroundings of one page. Outside a workspace, ``workspace`` and ``access`` are None."""

    person: str = ""
    email: str = ""
    workspace: Workspace | None = None
    access: Access | None = None
    workspaces: Sequence[Workspace] = ()
    load_nav: Callable[[], Sequence[NavItem]] = tuple
    folded: ClassVar[str] = "nav.section-settings"  # seldom needed, so it opens on demand
    load_notices: Callable[[], Sequence[Notice]] = tuple
    may_open: bool = False  # a further workspace
    sight: Sight | None = None  # whose eyes are borrowed for this page

    @cached_property
    def nav(self) -> Sequence[NavItem]:
        """The navigation, asked for only when a page is rendered."""
        return self.load_nav()

    @cached_property
    def notices(self) -> Sequence[Notice]:
        """What stands above the page, asked for only when one is rendered."""
        return self.load_notices()

    @cached_property
    def current(self) -> NavItem | None:
        """The item the reader stands on: of those that lead here, the most exact one."""
        leading = [item for item in self.nav if item.leads_to(request.path)]
        return max(leading, key=lambda item: len(item.top), default=None)


def install(
    app: Flask,
    nav: Sequence[NavProvider] = (),
    cards: Sequence[CardProvider] = (),
    notices: Sequence[NoticeProvider] = (),
) -> None:
    """Give the application the providers that wiring lists."""
    app.extensions[_NAME] = Providers(list(nav), list(cards), list(notices))


def nav_items(uow: UnitOfWork, access: Access) -> list[NavItem]:
    """Every provider's items for this person, in order."""
    found = [item for provide in _providers().nav for item in provide(uow, access)]
    return sorted(found, key=lambda item: item.order)


def home_cards(uow: UnitOfWork, access: Access) -> list[HomeCard]:
    """Every provider's cards for this person, in order."""
    found = [card for provide in _providers().cards for card in provide(uow, access)]
    return sorted(found, key=lambda card: card.order)


def notices(uow: UnitOfWork, access: Access) -> list[Notice]:
    """What every provider has to say above this person's page."""
    return [each for provide in _providers().notices for each in provide(uow, access)]


def enter(shell: Shell) -> None:
    """Set the surroundings of this request's page."""
    g.shell = shell


def current_shell() -> Shell:
    """The surroundings of this request's page; bare when nobody is known yet."""
    shell: Shell = g.get("shell") or Shell()
    return shell


def _providers() -> Providers:
    found: Providers = current_app.extensions[_NAME]
    return found
