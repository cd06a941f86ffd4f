import pytest

from tests.guides.conftest import Walk
from tests.support.pictures import Picture, Say

pytestmark = [pytest.mark.browser, pytest.mark.pictures]
HELPER = {"en": "Weekend help", "zh-Hans": "周末帮手"}


def test_a_role_is_made_and_somebody_invited(
    walk: Walk, picture: Picture, say: Say, language: str
) -> None:
    page = walk.go("/settings/roles/new?from=clerk")
    page.get_by_label(say("roles.name")).first.fill(HELPER[language])
    picture(page, "people/role")
    picture(walk.go("/settings/members/invite", phone=True), "people/invite")
