"""What a public form may say, and what it must not give away."""

from typing import Any

import pytest

from regulars.platform.accounts.access import system_access
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import store
from regulars.platform.errors import Invalid
from tests.support.public_forms import JOIN
from tests.support.shop_forms import publish_forms

BOX = JOIN["consents"][0]
CASES: tuple[tuple[dict[str, Any], str, str], ...] = (
    ({"form": "nothing"}, "form", "unknown-form"),
    ({"fields": ["name", "nothing"]}, "fields/1", "unknown-field"),
    ({"fields": ["name", "name"]}, "fields/1", "asked-twice"),
    ({"fields": ["name", "orders"]}, "fields/1", "not-on-a-public-form"),
    ({"fields": ["mobile"]}, "fields", "required-not-asked"),
    ({"prefilled": ["tier"]}, "prefilled/0", "prefilled-not-on-page"),
    ({"required": ["tier"]}, "required/0", "required-not-on-page"),
    ({"purposes": {**JOIN["purposes"], "nothing": "service"}}, "purposes/nothing",
     "unknown-field"),
    ({"fixed": {"nothing": "x"}}, "fixed/nothing", "unknown-field"),
    ({"fixed": {"name": "Ann"}}, "fixed/name", "fixed-and-asked"),
    ({"fixed": {"tier": "gold"}}, "fixed/tier", "not-an-option"),
    ({"fixed": {"total_spend": 5}}, "fixed/total_spend", "not-on-a-public-form"),
    ({"consents": [{**BOX, "channels": ["email"]}], "fields": ["name", "mobile"]}, "consents/0",
     "consent-without-address"),
    ({"shows": {"field": "name"}}, "shows/field", "card-would-tell"),
    ({"shows": {"field": "tier"}, "double_opt_in": {"channel": "sms"}}, "shows/field",
     "not-a-card-number"),
    ({"shows": {"field": "nothing"}}, "shows/field", "unknown-field"),
    ({"opens_at": "2026-02-31T09:00"}, "opens_at", "not-a-datetime"),
    ({"opens_at": "2026-02-02T09:00", "closes_at": "2026-02-01T09:00"}, "closes_at",
     "closes-before-it-opens"),
)  # fmt: skip


def test_each_mistake_is_found_at_its_place(uow: UnitOfWork) -> None:
    publish_forms(uow)
    access = system_access("en")
    for changes, place, code in CASES:
        store.save_draft(uow, access, "public_form", {**JOIN, **changes})
        with pytest.raises(Invalid) as refused:
            store.publish(uow, access, [("public_form", "join")])
        found = {(each.path, each.code) for each in refused.value.problems}
        assert (f"public_form/join/{place}", code) in found, changes
        assert all(each.message("zh-Hans") for each in refused.value.problems)
