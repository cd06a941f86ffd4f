"""Forms of the gallery, and copies."""

from typing import Any

import pytest

from regulars.form_builder import service
from regulars.form_builder.starting import beginning
from regulars.form_builder.starting.gallery import gallery
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import store
from regulars.platform.errors import Forbidden, NotFound
from tests.support.shop_forms import publish_forms

OWNER = Access(1, "Alice", "owner", "en")
CLERK = Access(2, "Bob", "clerk", "en")


def texts_of(value: Any) -> list[Any]:
    """Every text that people read in a definition."""
    if isinstance(value, dict):
        own = [
            v
            for k, v in value.items()
            if k in ("label", "description", "section", "page", "tab", "note")
        ]
        return own + [t for v in value.values() for t in texts_of(v)]
    return [t for v in value for t in texts_of(v)] if isinstance(value, list) else []


def test_every_ready_made_form_can_be_published_as_it_is(uow: UnitOfWork) -> None:
    keys = [beginning.begin_ready_made(uow, OWNER, name).key for name in gallery()]
    assert keys == list(gallery())
    assert [service.draft_problems(uow, key) for key in keys] == [[] for _ in keys]
    assert set(service.publish_forms(uow, OWNER, keys).values()) == {1}
    assert beginning.begin_ready_made(uow, OWNER, "members", "Friends").key == "members_2"


def test_every_ready_made_form_speaks_both_languages() -> None:
    for raw in gallery().values():
        for text in texts_of(raw):
            assert set(text) == {"en", "zh-Hans"}


def test_a_ready_made_form_that_is_none_is_not_found(uow: UnitOfWork) -> None:
    with pytest.raises(NotFound):
        beginning.begin_ready_made(uow, OWNER, "spaceships")
    with pytest.raises(Forbidden):
        beginning.begin_ready_made(uow, CLERK, "members")


@pytest.mark.parametrize("key", ["customers", "orders", "products"])
def test_a_copy_can_be_published_and_leaves_out_what_only_the_other_can_have(
    uow: UnitOfWork, key: str
) -> None:
    publish_forms(uow)
    draft = beginning.copy_form(uow, OWNER, key, "Twin")
    assert (draft.key, draft.raw["label"]) == ("twin", "Twin")
    assert service.draft_problems(uow, "twin") == []
    assert not [field for field in draft.raw["fields"] if field["type"] == "related"]
    known = {field["key"] for field in store.get_draft(uow, "form", key).raw["fields"]}
    assert {field["key"] for field in draft.raw["fields"]} <= known
    service.publish_forms(uow, OWNER, ["twin"])


def test_a_form_that_points_at_itself_has_a_copy_that_points_at_itself(uow: UnitOfWork) -> None:
    raw = {
        "kind": "form", "key": "groups", "label": "Groups",
        "fields": [
            {"key": "name", "type": "text"}, {"key": "above", "type": "link", "to": "groups"},
        ],
    }  # fmt: skip
    service.put_form(uow, OWNER, raw)
    twin = beginning.copy_form(uow, OWNER, "groups")
    assert twin.raw["label"] == "Groups (copy)"
    assert twin.raw["fields"][1]["to"] == twin.key
