"""The way in and the settings, walked by a person with a real browser."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from regulars.platform.accounts import setup
from tests.support.browser import PHONE, accessibility_problems
from tests.support.live_server import LiveServer
from tests.support.people import let_in
from tests.support.site import PASSWORD

pytestmark = pytest.mark.browser

Open = Callable[..., BrowserContext]
SETTINGS = ("", "profile", "settings", "settings/members", "settings/members/invite",
            "settings/units", "settings/units/new", "settings/tokens")  # fmt: skip


@pytest.fixture
def owner(live_server: LiveServer, open_context: Open) -> Page:
    """The owner's browser on the first page of the shop."""
    context = open_context(permissions=["clipboard-read", "clipboard-write"])
    place = let_in(context, live_server)
    page = context.new_page()
    page.goto(f"{live_server.url}/w/{place.key}/")
    return page


def test_a_new_owner_sets_the_shop_up_and_signs_in_again(
    live_server: LiveServer, page: Page
) -> None:
    code = setup.issue_code(live_server.database)
    assert code is not None
    page.goto(live_server.url)
    assert accessibility_problems(page) == []
    page.get_by_label("一次性验证码").fill("WRONG")
    page.get_by_label("你的名字").fill("王小美")
    page.get_by_label("邮箱").fill("owner@shop.example")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_label("店铺名称").fill("海边咖啡")
    page.get_by_role("button", name="开始使用").click()
    expect(page.locator("[data-error-summary]")).to_be_focused()
    expect(page.get_by_label("店铺名称")).to_have_value("海边咖啡")
    page.get_by_label("一次性验证码").fill(code.lower())
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="开始使用").click()
    expect(page.get_by_role("heading", name="你好，王小美")).to_be_visible()
    expect(page.locator("#toasts")).to_contain_text("欢迎，王小美！")
    page.get_by_label("我的账号").click()
    page.get_by_role("button", name="退出登录").click()
    page.get_by_label("邮箱").fill("owner@shop.example")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.get_by_role("heading", name="你好，王小美")).to_be_visible()


def test_somebody_is_invited_and_joins_on_their_phone(
    live_server: LiveServer, owner: Page, open_context: Open
) -> None:
    owner.locator("summary", has_text="设置").click()
    owner.get_by_role("link", name="成员").first.click()
    owner.get_by_role("link", name="邀请同事").click()
    owner.get_by_label("名称").fill("韩梅梅")
    owner.get_by_label("邮箱").fill("han@shop.example")
    owner.get_by_role("button", name="生成链接").click()
    link = owner.get_by_label("邀请链接").input_value()
    owner.wait_for_load_state()
    owner.get_by_role("button", name="复制").click()
    expect(owner.get_by_role("button", name="已复制")).to_be_visible()
    assert owner.evaluate("navigator.clipboard.readText()") == link
    theirs = open_context(viewport=PHONE, has_touch=True, is_mobile=True).new_page()
    theirs.goto(link)
    theirs.get_by_label("密码").fill(PASSWORD)
    theirs.get_by_role("button", name="加入").click()
    expect(theirs.get_by_role("heading", name="你好，韩梅梅")).to_be_visible()
    owner.get_by_role("link", name="完成").click()
    expect(owner.get_by_text("han@shop.example")).to_be_visible()


def test_letting_somebody_go_asks_first_and_shows_what_became_of_it(
    live_server: LiveServer, owner: Page, open_context: Open
) -> None:
    let_in(open_context(), live_server, "李雷", "clerk")
    owner.goto(f"{owner.url}settings/members")
    row = owner.get_by_role("row").filter(has_text="李雷")
    row.get_by_label("更多操作").click()
    row.get_by_role("button", name="停用账号").click()
    owner.locator("#confirm").get_by_role("button", name="确定").click()
    expect(owner.locator("#toasts")).to_contain_text("李雷 已停用。")
    expect(owner.get_by_role("row").filter(has_text="李雷")).to_contain_text("已停用")


def test_language_and_colours_change_from_the_menus_and_stay(owner: Page) -> None:
    owner.get_by_label("外观").click()
    owner.get_by_role("button", name="深色").click()
    expect(owner.locator("html")).to_have_attribute("data-bs-theme", "dark")
    owner.get_by_label("语言").click()
    owner.get_by_role("button", name="English").click()
    expect(owner.get_by_role("heading", name="Hello, 王小美")).to_be_visible()
    owner.reload()
    expect(owner.locator("html")).to_have_attribute("lang", "en")
    expect(owner.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_a_store_is_added_with_the_keyboard_alone(owner: Page) -> None:
    owner.goto(f"{owner.url}settings/units")
    owner.get_by_role("link", name="添加门店").first.focus()
    owner.keyboard.press("Enter")
    owner.get_by_label("名称").focus()
    owner.keyboard.type("上海南京路店")
    owner.keyboard.press("Tab")
    owner.keyboard.type("SH01")
    owner.keyboard.press("Enter")
    expect(owner.get_by_role("row").filter(has_text="SH01")).to_contain_text("上海南京路店")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("phone", [True, False], ids=["phone", "desktop"])
def test_axe_finds_nothing_serious_and_nothing_is_too_wide(
    live_server: LiveServer, open_context: Open, theme: str, phone: bool
) -> None:
    settings: dict[str, Any] = {"viewport": PHONE} if phone else {}
    context = open_context(**settings)
    place = let_in(context, live_server)
    context.add_cookies([{"name": "regulars_theme", "value": theme, "url": live_server.url}])
    page = context.new_page()
    for path in SETTINGS:
        page.goto(f"{live_server.url}/w/{place.key}/{path}")
        assert accessibility_problems(page) == [], path
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(wide) <= 0, path


def test_the_way_in_and_the_settings_work_without_javascript(
    live_server: LiveServer, open_context: Open
) -> None:
    code = setup.issue_code(live_server.database)
    assert code is not None
    page = open_context(java_script_enabled=False).new_page()
    page.goto(f"{live_server.url}/setup")
    page.get_by_label("一次性验证码").fill(code)
    page.get_by_label("你的名字").fill("王小美")
    page.get_by_label("邮箱").fill("owner@shop.example")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_label("店铺名称").fill("海边咖啡")
    page.get_by_role("button", name="开始使用").click()
    page.get_by_label("外观").click()
    page.get_by_role("button", name="深色").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    expect(page.get_by_role("heading", name="你好，王小美")).to_be_visible()
