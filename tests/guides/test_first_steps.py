import pytest

from tests.guides.conftest import Walk
from tests.support.pictures import Picture

pytestmark = [pytest.mark.browser, pytest.mark.pictures]


def test_the_first_look_around(walk: Walk, picture: Picture) -> None:
    page = walk.go("/dashboards/retention")
    page.locator("main canvas, main svg").first.wait_for()
    picture(page, "first-steps/dashboard")
    picture(walk.go("/forms/customers/records/3"), "first-steps/customer")
    picture(walk.go("/", phone=True), "first-steps/phone")
