"""What an owner does in the first days, in a real browser: set up, shape, automate, look."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from regulars.form_builder import records
from regulars.form_builder.origin import Origin
from regulars.platform.accounts import setup
from regulars.platform.accounts.access import system_access
from regulars.platform.db import Workspace
from regulars.platform.mailer import MemoryMailer
from regulars.platform.privacy.consents import ConsentChange, set_consent
from regulars.rule_engine.channels.base import Surroundings
from regulars.rule_engine.ticking import Engine
from regulars.seed_templates.catalogue import get_pack
from regulars.seed_templates.installer import Wishes, install
from tests.support.browser import PHONE, accessibility_problems, drag
from tests.support.live_server import LiveServer
from tests.support.people import let_in

pytestmark = pytest.mark.browser
OWNER = system_access("en")
Open = Callable[..., BrowserContext]


@pytest.fixture
def place(live_server: LiveServer, page: Page) -> Workspace:
    """A shop with the retail pack and one customer who agreed to messages; its owner signed in."""
    workspace = let_in(page.context, live_server, "Alice", locale="en")
    with live_server.database.workspace_tx(workspace) as uow:
        install(uow, OWNER, get_pack("retail_crm"), Wishes())
        values = {"name": "Wang Fang", "mobile": "13800138000"}
        made = records.create_record(uow, OWNER, "customers", values, origin=Origin("cli"))
        said = ConsentChange(
            "customers", made.id, "marketing", "sms", "grant", "card", evidence="signed card"
        )
        set_consent(uow, OWNER, said)
    return workspace


def at(live_server: LiveServer, place: Workspace, path: str) -> str:
    return f"{live_server.url}/w/{place.key}{path}"


def test_the_first_owner_sets_the_shop_up(live_server: LiveServer, open_context: Open) -> None:
    code = setup.issue_code(live_server.database)
    assert code is not None
    page = open_context(locale="en-GB").new_page()
    page.goto(f"{live_server.url}/setup")
    page.get_by_label("code", exact=False).first.fill(code)
    page.get_by_label("Your name").fill("Alice")
    page.get_by_label("E-mail").fill("alice@shop.example")
    page.get_by_label("Password", exact=False).fill("five quiet yellow bicycles")
    page.locator("input[name='shop/name']").fill("Tea house")
    assert accessibility_problems(page) == []
    page.locator("main form button[type=submit]").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Alice")


def test_a_field_is_dragged_in_and_used(
    live_server: LiveServer, page: Page, place: Workspace
) -> None:
    page.goto(at(live_server, place, "/forms/customers/design"))
    card = page.locator(".field-card").first
    expect(card).to_be_visible()
    page.evaluate("scrollTo(0, 1200)")
    for stays in (".sidebar", ".top-bar"):
        assert page.locator(stays).evaluate("each => each.getBoundingClientRect().top") == 0
    page.evaluate("scrollTo(0, 0)")
    before = page.locator(".field-card").count()
    drag(page, page.locator("[data-type='number']"), card)
    expect(page.locator(".field-card")).to_have_count(before + 1)
    label = page.locator(".field-card.is-selected .quiet-input")
    label.fill("Shoe size")
    label.press("Enter")
    expect(page.get_by_label("Shoe size", exact=False).first).to_be_visible()
    assert accessibility_problems(page) == []
    page.get_by_role("link", name="Publish").click()
    page.get_by_role("button", name="Publish").click()
    page.goto(at(live_server, place, "/forms/customers/records/new"))
    page.get_by_label("Name", exact=False).first.fill("Li Lei")
    page.get_by_label("Shoe size").fill("43")
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Li Lei")
    expect(page.locator("main")).to_contain_text("43")


def test_a_rule_is_composed_fires_and_tells_why(
    live_server: LiveServer, page: Page, place: Workspace
) -> None:
    page.goto(at(live_server, place, "/rules/new"))
    page.get_by_label("Name").fill("Thanks for coming")
    page.get_by_role("button", name="Compose it").click()
    page.wait_for_load_state("networkidle")  # a person reads before pressing
    page.get_by_role("link", name="every day at 10:00").click()
    expect(page.locator(".chip-form")).to_have_count(1)
    page.wait_for_load_state("networkidle")
    page.get_by_label("It starts").select_option("record_created")
    page.get_by_label("A new record of").select_option("orders:customer")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("link", name="a new record in “Orders”")).to_be_visible()
    page.get_by_text("Add a step").click()
    page.get_by_role("menuitem", name="Send a message").click()
    page.get_by_label("Message").select_option("win_back_1")
    page.get_by_role("button", name="Apply").click()
    page.get_by_role("link", name="Consent, quiet hours").click()
    page.get_by_label("Send nothing from").fill("")
    page.get_by_label("until").fill("")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator(".chip-form")).to_have_count(0)
    assert accessibility_problems(page) == []
    page.get_by_role("link", name="Check and publish").click()
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("Running")).to_be_visible()

    with live_server.database.workspace_tx(place) as uow:
        order = {"order_no": "A-1", "customer": {"mobile": "13800138000"}, "status": "paid"}
        records.create_record(uow, OWNER, "orders", order, origin=Origin("page"))
    engine = Engine(live_server.database, Surroundings(MemoryMailer()))
    engine.tick(live_server.database.clock(), place)

    page.goto(at(live_server, place, "/rules/thanks_for_coming"))
    page.get_by_role("link", name="Wang Fang").click()
    expect(page.get_by_role("heading", name="Step by step")).to_be_visible()
    expect(page.locator(".timeline")).to_contain_text("send text message")
    assert accessibility_problems(page) == []
    page.goto(at(live_server, place, "/messages"))
    expect(page.locator("main")).to_contain_text("Wang Fang")


def test_a_report_goes_onto_the_dashboard(
    live_server: LiveServer, page: Page, place: Workspace
) -> None:
    page.goto(at(live_server, place, "/reports/customers_by_tier"))
    page.locator("#put-menu summary").click()
    page.locator("#put-menu .menu-item").last.click()
    expect(page.locator("main")).to_contain_text("Customers")
    assert accessibility_problems(page) == []


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/forms",
        "/forms/customers/records",
        "/forms/customers/records/1",
        "/forms/orders/records/new",
        "/rules",
        "/rules/win_back_30",
        "/rules/win_back_30/compose",
        "/messages",
        "/message-texts",
        "/reports",
        "/reports/revenue_by_month",
        "/dashboards/retention",
        "/settings/members",
        "/settings/units",
    ],
)
def test_every_page_fits_a_phone_and_reads_aloud(
    live_server: LiveServer, open_context: Open, path: str
) -> None:
    context = open_context(viewport=PHONE, has_touch=True, is_mobile=True)
    workspace = let_in(context, live_server, "王小美")
    with live_server.database.workspace_tx(workspace) as uow:
        install(uow, OWNER, get_pack("retail_crm"), Wishes())
        values = {"name": "王芳", "mobile": "13800138000"}
        records.create_record(uow, OWNER, "customers", values, origin=Origin("cli"))
    page = context.new_page()
    answer = page.goto(at(live_server, workspace, path))
    assert answer is not None
    assert answer.status == 200
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert accessibility_problems(page) == []
