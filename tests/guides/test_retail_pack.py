import pytest

from tests.guides.conftest import Walk
from tests.support.pictures import Picture

pytestmark = [pytest.mark.browser, pytest.mark.pictures]


def test_what_the_pack_brings(walk: Walk, picture: Picture) -> None:
    picture(walk.go("/packs/retail_crm"), "retail-pack/pack")
    picture(walk.go("/rules"), "retail-pack/rules")
    picture(walk.go("/forms/customers/records", phone=True), "retail-pack/customers")
