"""Every component on one page, in a real browser: looks, keyboard, screen readers."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from jinja2 import ChoiceLoader, FileSystemLoader
from playwright.sync_api import BrowserContext, Page, expect

from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.db import UnitOfWork
from regulars.platform.web.flash import flash
from regulars.platform.web.htmx import is_htmx
from regulars.platform.web.rendering import render
from tests.support.browser import PHONE, accessibility_problems
from tests.support.live_server import LiveServer
from tests.support.people import let_in

pytestmark = pytest.mark.browser

TEMPLATES = FileSystemLoader(Path(__file__).with_name("templates"))
Open = Callable[..., BrowserContext]


def show_design(app: Flask) -> None:
    """Add the page of all components to an application."""
    app.jinja_env.loader = ChoiceLoader([app.jinja_env.loader or TEMPLATES, TEMPLATES])

    @workspace_page("enter")
    def design(uow: UnitOfWork, access: Access) -> Any:
        return render("design.html", now=uow.now)

    @workspace_page("enter")
    def ask(uow: UnitOfWork, access: Access) -> Any:
        assert is_htmx()
        flash("common.saved")
        return "", 200

    app.add_url_rule("/w/<workspace>/design", "design", design)
    app.add_url_rule("/w/<workspace>/design/ask", "ask", ask, methods=["POST"])


@pytest.fixture
def design(live_server: LiveServer, open_context: Open) -> Callable[..., Page]:
    """Open the page of all components: ``design(theme="dark", viewport=PHONE)``."""
    show_design(live_server.app)

    def show(theme: str = "light", locale: str = "zh-Hans", **settings: Any) -> Page:
        context = open_context(**settings)
        place = let_in(context, live_server)
        cookies = {"regulars_theme": theme, "regulars_locale": locale}
        context.add_cookies(
            [{"name": k, "value": v, "url": live_server.url} for k, v in cookies.items()]
        )
        page = context.new_page()
        page.goto(f"{live_server.url}/w/{place.key}/design")
        return page

    return show


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [PHONE, None], ids=["phone", "desktop"])
def test_axe_finds_nothing_serious(
    design: Callable[..., Page], theme: str, viewport: dict[str, int] | None
) -> None:
    settings = {"viewport": viewport} if viewport else {}
    assert accessibility_problems(design(theme, **settings)) == []


@pytest.mark.parametrize("viewport", [PHONE, None], ids=["phone", "desktop"])
def test_nothing_is_wider_than_the_screen(
    design: Callable[..., Page], viewport: dict[str, int] | None
) -> None:
    page = design(**({"viewport": viewport} if viewport else {}))
    page_width, screen = page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    assert page_width <= screen


def test_auto_follows_the_device(design: Callable[..., Page]) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    light = design("light").evaluate(ground)
    dark = design("dark").evaluate(ground)
    assert design("auto", color_scheme="light").evaluate(ground) == light
    assert design("auto", color_scheme="dark").evaluate(ground) == dark
    assert light != dark


def test_menus_open_and_close_by_keyboard(design: Callable[..., Page]) -> None:
    page = design()
    menu = page.locator("#row-1")
    menu.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(menu.get_by_text("编辑")).to_be_visible()
    page.keyboard.press("Escape")
    expect(menu.get_by_text("编辑")).to_be_hidden()
    expect(menu.locator("summary")).to_be_focused()


def test_one_menu_is_open_at_a_time_and_a_click_elsewhere_closes_it(
    design: Callable[..., Page],
) -> None:
    page = design()
    page.locator("#row-1 summary").click()
    page.locator("#theme-menu summary").click()
    expect(page.locator("details[open]")).to_have_count(1)
    page.locator("h1").click()
    expect(page.locator("details[open]")).to_have_count(0)


def test_a_dangerous_form_asks_first(design: Callable[..., Page]) -> None:
    page = design()
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    page.locator("#row-1 summary").click()
    page.locator("#row-1").get_by_role("button", name="删除").click()
    dialog = page.locator("#confirm")
    expect(dialog).to_contain_text("删除王小明？")
    dialog.get_by_role("button", name="取消").click()
    expect(dialog).to_be_hidden()
    assert "POST" not in sent


def test_htmx_asks_in_our_dialog_and_shows_the_words_it_brings(
    design: Callable[..., Page],
) -> None:
    page = design()
    page.get_by_role("button", name="询问").click()
    dialog = page.locator("#confirm")
    expect(dialog).to_contain_text("真的要这样做吗？")
    dialog.get_by_role("button", name="确定").click()
    expect(page.locator("#toasts")).to_contain_text("已保存。")


def test_a_refused_form_is_announced_and_focused(design: Callable[..., Page]) -> None:
    page = design()
    expect(page.locator("[data-error-summary]")).to_be_focused()
    mobile = page.locator("#field-mobile")
    expect(mobile).to_have_attribute("aria-invalid", "true")
    described = mobile.get_attribute("aria-describedby") or ""
    assert page.locator(f"#{described}").inner_text().strip() == "手机号格式不正确。"


def test_the_drawer_opens_on_a_phone_and_closes_with_escape(
    design: Callable[..., Page],
) -> None:
    page = design(viewport=PHONE)
    sidebar = page.locator("#sidebar")
    expect(sidebar).to_be_hidden()
    page.locator(".bottom-bar button").click()
    expect(sidebar).to_be_visible()
    page.keyboard.press("Escape")
    expect(sidebar).to_be_hidden()


def test_a_value_is_copied_by_one_tap(design: Callable[..., Page]) -> None:
    page = design(permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="复制").click()
    expect(page.get_by_role("button", name="已复制")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == "https://shop.example/invitations/abcdef"


def test_dialogs_open_and_close(design: Callable[..., Page]) -> None:
    page = design()
    page.get_by_role("button", name="打开对话框").click()
    expect(page.locator("#sample")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#sample")).to_be_hidden()


def test_the_first_tab_leads_past_the_navigation(design: Callable[..., Page]) -> None:
    page = design()
    page.goto(page.url.replace("/design", "/"))
    page.keyboard.press("Tab")
    expect(page.locator(".skip-link")).to_be_focused()
