import pytest
from playwright.sync_api import expect

from tests.guides.conftest import Walk
from tests.support.pictures import Picture, Say

pytestmark = [pytest.mark.browser, pytest.mark.pictures]
CASE = {"en": "Clerks must not export customers", "zh-Hans": "店员不能导出客户"}
HELPER = {"en": "Weekend help", "zh-Hans": "周末帮手"}


def test_a_role_is_made_and_somebody_invited(
    walk: Walk, picture: Picture, say: Say, language: str
) -> None:
    page = walk.go("/settings/roles/new?from=clerk")
    page.get_by_label(say("roles.name")).first.fill(HELPER[language])
    picture(page, "people/role")
    picture(walk.go("/settings/members/invite", phone=True), "people/invite")


def test_what_must_stay_so_is_written_down(
    walk: Walk, picture: Picture, say: Say, language: str
) -> None:
    page = walk.go("/settings/cases/new?form=customers&who=clerk&verb=export")
    page.get_by_label(say("access-cases.label")).fill(CASE[language])
    picture(page, "people/case")
    page.get_by_role("button", name=say("access-cases.keep")).click()
    expect(page.locator(".access-case")).to_contain_text(say("access-cases.state.holds"))
