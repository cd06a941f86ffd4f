import json
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from tests.guides.conftest import Walk
from tests.support.pictures import Picture

pytestmark = [pytest.mark.browser, pytest.mark.pictures]
LIST = "/forms/customers/records"
COLUMNS = "cols=name,tier,total_spend,order_count,last_order_at"
RED = [{"color": "red", "when": {"field": "total_spend", "op": "gt", "value": "7000"}}]


def test_a_list_is_looked_at_in_many_ways(walk: Walk, picture: Picture) -> None:
    page = walk.go(f"{LIST}?{COLUMNS}&sort=-total_spend&colors={quote(json.dumps(RED))}")
    picture(page, "lists-your-way/colours")
    page = walk.go(f"{LIST}?{COLUMNS}&group=tier")
    expect(page.locator(".group-row").first).to_be_visible()
    picture(page, "lists-your-way/groups")
    picture(walk.go(f"{LIST}?as=kanban&by=tier"), "lists-your-way/board")
