"""The second step, walked by a person with a phone in the hand and a real browser."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from regulars.platform.accounts.tables import session
from tests.support.browser import PHONE, accessibility_problems
from tests.support.live_server import LiveServer
from tests.support.people import let_in
from tests.support.second_factor import Phone
from tests.support.site import PASSWORD

pytestmark = pytest.mark.browser

Open = Callable[..., BrowserContext]


def looks_right(page: Page) -> None:
    """Nothing serious for axe, and nothing wider than the screen."""
    assert accessibility_problems(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def turn_on(page: Page, live_server: LiveServer) -> list[str]:
    """From the profile to the recovery codes."""
    page.get_by_role("link", name="去开启").click()
    looks_right(page)
    page.get_by_role("button", name="开始设置").click()
    expect(page.get_by_role("img", name="用验证器应用扫描的图")).to_be_visible()
    looks_right(page)
    page.get_by_text("扫不了？").click()
    phone = Phone(live_server.database, page.get_by_label("密钥").input_value())
    page.get_by_label("验证码").fill(phone.code(-1))
    page.get_by_role("button", name="开启").click()
    expect(page.get_by_role("heading", name="备用码")).to_be_visible()
    looks_right(page)
    codes = page.locator(".recovery-codes li").all_inner_texts()
    page.get_by_role("link", name="我已经保存好了").click()
    expect(page.get_by_role("heading", name="你好，王小美")).to_be_visible()
    return codes


def sign_in(page: Page, email: str, recovery: str) -> None:
    """Password, a wrong code, a recovery code."""
    page.get_by_label("邮箱").fill(email)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("heading", name="还差一步")).to_be_visible()
    looks_right(page)
    page.get_by_label("验证码").fill("000000")
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_text("验证码不对")).to_be_visible()
    page.get_by_label("验证码").fill(recovery.lower())
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("heading", name="你好，王小美")).to_be_visible()


def test_an_owner_turns_it_on_signs_in_with_it_and_turns_it_off(
    live_server: LiveServer, open_context: Open
) -> None:
    context = open_context(viewport=PHONE, has_touch=True, is_mobile=True)
    place = let_in(context, live_server)
    page = context.new_page()
    page.goto(f"{live_server.url}/w/{place.key}/profile")
    looks_right(page)
    email = page.get_by_label("邮箱").input_value()
    codes = turn_on(page, live_server)
    assert len(codes) == 10
    context.clear_cookies()
    page.goto(f"{live_server.url}/sign-in")
    sign_in(page, email, codes[0])
    with live_server.database.main_tx() as connection:  # ten minutes later
        connection.execute(session.update().values(confirmed_at=None))
    page.goto(f"{live_server.url}/account/second-factor")
    expect(page.get_by_text("还剩 9 个备用码")).to_be_visible()
    looks_right(page)
    page.get_by_role("button", name="关闭第二步验证").click()
    page.locator("#confirm").get_by_role("button", name="确定").click()
    expect(page.get_by_role("heading", name="请再输入一次密码")).to_be_visible()
    looks_right(page)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="继续").click()
    expect(page.locator("#toasts")).to_contain_text("第二步验证已关闭")
