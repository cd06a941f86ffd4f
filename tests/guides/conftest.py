"""A shop with the retail pack and sample data, in the guide's language; its owner is signed in."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page

from regulars.platform.accounts.access import system_access
from regulars.platform.db import Database, Workspace
from regulars.platform.privacy import suppressions
from regulars.platform.workspaces import get_workspace, update_workspace
from regulars.rule_engine.looking_over import look_over_due
from regulars.seed_templates.catalogue import get_pack
from regulars.seed_templates.installer import Wishes, install
from regulars.wiring import wire
from tests.support.browser import PHONE
from tests.support.clocks import MovableClock
from tests.support.databases import SECRET, copied
from tests.support.live_server import LiveServer
from tests.support.people import let_in

DESK = {"width": 1200, "height": 760}
OWNER = {"en": "Alice Brown", "zh-Hans": "王小美"}
SHOP = {"en": "Corner tea house", "zh-Hans": "街角茶铺"}


@pytest.fixture(scope="session")
def furnished(
    language: str, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A data folder with the shop; every test gets a copy."""
    wire()
    suppressions.install((SECRET,))
    clock = MovableClock()
    folder = tmp_path_factory.mktemp("furnished") / language
    shutil.copytree(sqlite_template, folder)
    database = Database("", folder, clock=clock)
    shop = get_workspace(database, "shop")
    update_workspace(database, replace(shop, locale=language, name=SHOP[language]))
    shop = get_workspace(database, "shop")
    with database.workspace_tx(shop) as uow:
        install(
            uow, system_access(language), get_pack("retail_crm"), Wishes(sample=True, demo=True)
        )
    look_over_due(database, shop, clock, anyway=True)
    database.close()
    return folder


@pytest.fixture
def database(
    request: pytest.FixtureRequest, furnished: Path, tmp_path: Path, clock: MovableClock
) -> Iterator[Database]:
    """The test's own copy of the shop, on SQLite: what is seen does not depend on the database."""
    with copied(request, "sqlite", tmp_path / "data", clock, str(furnished)) as fresh:
        suppressions.install((SECRET,))
        yield fresh
        fresh.close()


@dataclass(frozen=True)
class Walk:
    """The shop, and pages in which its owner is signed in."""

    server: LiveServer
    place: Workspace
    desk: Page
    phone: Page

    def go(self, path: str, *, phone: bool = False) -> Page:
        """Open an address of the shop on the desk, or on the phone."""
        page = self.phone if phone else self.desk
        page.goto(f"{self.server.url}/w/{self.place.key}{path}")
        page.wait_for_load_state("networkidle")
        return page


@pytest.fixture
def walk(
    live_server: LiveServer, open_context: Callable[..., BrowserContext], language: str
) -> Walk:
    """The shop as its owner sees it: light, without motion, at a desk and on a phone."""
    quiet = {"locale": language, "reduced_motion": "reduce", "color_scheme": "light"}
    desk = open_context(viewport=DESK, **quiet)
    phone = open_context(viewport=PHONE, has_touch=True, is_mobile=True, **quiet)
    for context in (desk, phone):
        place = let_in(context, live_server, OWNER[language], locale=language)
    return Walk(live_server, place, desk.new_page(), phone.new_page())
