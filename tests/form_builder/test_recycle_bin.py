"""What goes with a record comes back with it."""

from typing import Any

import pytest

from regulars.form_builder import records, verifying
from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.history import history_of
from regulars.form_builder.origin import API
from regulars.platform.accounts.access import system_access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid, NotFound
from tests.support.shop_forms import publish_forms

ACCESS = system_access("en")
LABELLED = {"kind": "form"}
FORMS: list[dict[str, Any]] = [
    {
        **LABELLED,
        "key": "clubs",
        "label": "Clubs",
        "fields": [
            {"key": "name", "type": "text", "unique": True},
            {"key": "cards", "type": "related", "from": "cards", "via": "club"},
            {"key": "stamps", "type": "rollup", "of": "cards", "aggregate": "sum",
             "field": "stamps"},
        ],
    },
    {
        **LABELLED,
        "key": "cards",
        "label": "Cards",
        "fields": [
            {"key": "no", "type": "text", "unique": True},
            {"key": "club", "type": "link", "to": "clubs", "on_delete": "cascade"},
            {"key": "tags", "type": "tags"},
            {"key": "uses", "type": "related", "from": "uses", "via": "card"},
            {"key": "stamps", "type": "rollup", "of": "uses", "aggregate": "count"},
        ],
    },
    {
        **LABELLED,
        "key": "uses",
        "label": "Uses",
        "fields": [
            {"key": "card", "type": "link", "to": "cards", "on_delete": "cascade"},
            {"key": "club", "type": "link", "to": "clubs", "on_delete": "clear"},
        ],
    },
]  # fmt: skip


def make(uow: UnitOfWork, form: str, **values: Any) -> int:
    return records.create_record(uow, ACCESS, form, values, origin=API).id


def there(uow: UnitOfWork, form: str, record: int) -> bool:
    try:
        records.get_record(uow, ACCESS, form, record)
    except NotFound:
        return False
    return True


@pytest.fixture
def club(uow: UnitOfWork) -> int:
    publish_forms(uow, FORMS)
    made = make(uow, "clubs", name="Tea")
    for no in ("1", "2"):
        card = make(uow, "cards", no=no, club=made, tags=["old"])
        make(uow, "uses", card=card, club=made)
        make(uow, "uses", card=card)
    return made


def delete(uow: UnitOfWork, form: str, record: int) -> None:
    records.delete_record(uow, ACCESS, form, record, origin=API)


def restore(uow: UnitOfWork, form: str, record: int) -> None:
    records.restore_record(uow, ACCESS, form, record, origin=API)


def test_everything_a_cascade_took_along_comes_back(uow: UnitOfWork, club: int) -> None:
    delete(uow, "clubs", club)
    assert not any(there(uow, "cards", n) for n in (1, 2))
    assert not any(there(uow, "uses", n) for n in (1, 2, 3, 4))
    restore(uow, "clubs", club)
    assert all(there(uow, "cards", n) for n in (1, 2))
    assert all(there(uow, "uses", n) for n in (1, 2, 3, 4))
    assert records.get_record(uow, ACCESS, "clubs", club)["stamps"] == 4
    assert records.get_record(uow, ACCESS, "cards", 1)["tags"] == {"old"}
    assert [e.action for e in history_of(uow, "cards", 1)] == ["restored", "deleted", "created"]
    for form in ("clubs", "cards", "uses"):
        assert verifying.look_at_all(uow, catalog_of(uow), form) == []


def test_what_was_deleted_on_its_own_before_stays_in_the_bin(uow: UnitOfWork, club: int) -> None:
    delete(uow, "cards", 2)
    delete(uow, "clubs", club)
    restore(uow, "clubs", club)
    assert there(uow, "cards", 1)
    assert not there(uow, "cards", 2)
    assert [e["record"] for e in records.list_bin(uow, ACCESS, "cards")] == [2]


def test_what_cannot_come_back_stays_in_the_bin_and_the_rest_comes(
    uow: UnitOfWork, club: int
) -> None:
    delete(uow, "clubs", club)
    make(uow, "cards", no="2")
    restore(uow, "clubs", club)
    assert there(uow, "cards", 1)
    assert [e["record"] for e in records.list_bin(uow, ACCESS, "cards")] == [2]
    with pytest.raises(Invalid) as caught:
        restore(uow, "cards", 2)
    assert [(p.path, p.code) for p in caught.value.problems] == [("no", "not-unique")]


def test_a_child_cannot_come_back_before_its_parent(uow: UnitOfWork, club: int) -> None:
    delete(uow, "clubs", club)
    with pytest.raises(Invalid) as caught:
        restore(uow, "cards", 1)
    assert [(p.path, p.code) for p in caught.value.problems] == [("club", "link-not-found")]
