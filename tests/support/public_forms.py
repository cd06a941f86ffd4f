"""A public form of the small shop, its links, and a visitor who fills it in by hand."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import TestResponse

from regulars.form_builder.public_forms.definition import ConsentBox
from regulars.form_builder.public_forms.links import Link, make_links
from regulars.form_builder.web.public_forms import doors
from regulars.platform.accounts.access import system_access
from regulars.platform.definitions import store
from tests.support.shop_forms import publish_forms
from tests.support.site import Site, Visitor

JOIN: dict[str, Any] = {
    "kind": "public_form", "key": "join", "form": "customers",
    "label": {"en": "Become a member", "zh-Hans": "成为会员"},
    "fields": ["name", "mobile", "email", "birthday"],
    "purposes": dict.fromkeys(("name", "mobile", "email", "birthday"), "membership"),
    "prefilled": ["name"], "fixed": {"tags": ["poster"]},
    "welcome": {"en": "It takes ten seconds.", "zh-Hans": "十秒钟就好。"},
    "consents": [
        {"purpose": "marketing", "channels": ["sms"],
         "text": {"en": "Tell me about offers by text message.", "zh-Hans": "短信告诉我优惠。"}},
    ],
}  # fmt: skip
YES = ConsentBox("marketing", ("sms",), JOIN["consents"][0]["text"]).mark
"""What the page sends for its one box."""
ANN = {"name": "Ann", "mobile": "13900001111"}
_TICKET = re.compile(r'name="_ticket" value="([^"]+)"')


class Shop:
    """The small shop with one public form, whose definition a test may change."""

    def __init__(self, site: Site) -> None:
        self.site = site
        with site.database.workspace_tx(site.workspace) as uow:
            publish_forms(uow)
        self.link = self.offer()

    def offer(self, unit: int | None = None, **changes: Any) -> Link:
        """Publish the form with these changes; its link for a store, or for the shop."""
        raw = {**JOIN, **changes}
        wanted = {name: value for name, value in raw.items() if value is not None}
        with self.site.database.workspace_tx(self.site.workspace) as uow:
            access = system_access("en")
            store.save_draft(uow, access, "public_form", wanted)
            store.publish(uow, access, [("public_form", "join")])
            links = make_links(uow, access, "join", [unit])
            return next(each for each in links if each.unit == unit)

    def offer_reports(self) -> Link:
        """Another form: a few words and a photo, nobody's name."""
        raw = {
            "kind": "form", "key": "reports", "label": "Reports",
            "fields": [{"key": "what", "type": "text"}, {"key": "photo", "type": "image"}],
        }  # fmt: skip
        with self.site.database.workspace_tx(self.site.workspace) as uow:
            store.save_draft(uow, system_access("en"), "form", raw)
            store.publish(uow, system_access("en"), [("form", "reports")])
        gone = dict.fromkeys(("purposes", "prefilled", "fixed", "consents"))
        return self.offer(form="reports", fields=["what", "photo"], **gone)

    def page(self, visitor: Visitor, link: Link | None = None) -> str:
        """Open the link; the ticket that the page carries."""
        answer = visitor.get((link or self.link).path)
        assert answer.status_code == 200, answer.text
        found = _TICKET.search(answer.text)
        assert found is not None, answer.text
        return found.group(1)

    def send(
        self, values: Mapping[str, Any], *, visitor: Visitor | None = None,
        link: Link | None = None, ticket: str | None = None, **more: Any,
    ) -> TestResponse:  # fmt: skip
        """Open the link, wait a little, send these values."""
        who, at = visitor or self.site.visitor(), link or self.link
        ticket = ticket or self.page(who, at)
        self.later(seconds=5)
        return who.post(at.path, data={"_ticket": ticket, **values}, **more)

    def later(self, **time: float) -> None:
        """Let time pass."""
        now = self.site.database.clock() + timedelta(**time)
        self.site.database.clock = lambda: now


@pytest.fixture
def public_shop(site: Site, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """The shop; answers come as fast as they can."""
    monkeypatch.setattr(doors, "LEAST", 0.0)
    return Shop(site)
