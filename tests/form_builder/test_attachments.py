"""Files in records: who may hold them, who may see them, when they go."""

import io
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from regulars.form_builder.attachments import let_go_of_lost, readable_file
from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.origin import Origin
from regulars.form_builder.records import (
    RecordQuery,
    create_record,
    delete_record,
    find_records,
    get_record,
    remove_batch,
    to_json,
    update_record,
)
from regulars.platform.accounts.access import Access, system_access
from regulars.platform.blobs import service
from regulars.platform.blobs.following import BlobFollower
from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.errors import Invalid, NotFound
from regulars.platform.privacy.followers import Move
from tests.support.shop_forms import publish_forms
from tests.support.site import Site
from tests.support.uploads import SVG, picture

CLI = Origin("cli")
OWNER = system_access("en")
FORM: dict[str, Any] = {
    "kind": "form",
    "key": "repairs",
    "label": "Repairs",
    "fields": [
        {"key": "what", "type": "text"},
        {"key": "photos", "type": "image", "most": 2},
        {"key": "papers", "type": "file", "required": False},
    ],
}


@pytest.fixture
def shop(uow: UnitOfWork) -> UnitOfWork:
    publish_forms(uow, [FORM])
    return uow


def hand_in(uow: UnitOfWork, content: bytes = b"text", access: Access = OWNER) -> int:
    return service.take_in(uow, access, "a.txt", io.BytesIO(content)).id


def make(uow: UnitOfWork, **values: Any) -> int:
    return create_record(uow, OWNER, "repairs", values, origin=CLI).id


def codes(caught: pytest.ExceptionInfo[Invalid]) -> list[str]:
    return [problem.code for problem in caught.value.problems]


def test_a_record_holds_files_and_reads_them_as_numbers(shop: UnitOfWork) -> None:
    photo, paper = hand_in(shop, picture()), hand_in(shop)
    record = make(shop, photos=[photo], papers=[{"id": paper}])
    found = get_record(shop, OWNER, "repairs", record)
    body = to_json(catalog_of(shop), found)
    assert (body["photos"], body["papers"]) == ([photo], [paper])
    held = readable_file(shop, OWNER, photo)
    assert (held.form, held.record, held.field) == ("repairs", record, "photos")


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ([999], "no-such-file"),
        (["x"], "not-files"),
        ({"id": 1}, "not-files"),
        ([True], "not-files"),
        ([1, 2, 3], "too-many-files"),
    ],
)
def test_what_is_no_file_is_refused(shop: UnitOfWork, value: Any, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        make(shop, photos=value)
    assert codes(caught) == [code]


def test_only_pictures_go_where_pictures_are_wanted(shop: UnitOfWork) -> None:
    with pytest.raises(Invalid) as caught:
        make(shop, photos=[hand_in(shop)])
    assert codes(caught) == ["no-picture"]


def test_a_file_of_another_record_or_person_cannot_be_taken(shop: UnitOfWork) -> None:
    first = hand_in(shop)
    make(shop, papers=[first])
    with pytest.raises(Invalid) as caught:
        make(shop, papers=[first])
    assert codes(caught) == ["no-such-file"]
    bob = Access(7, "Bob", "owner", "en")
    with pytest.raises(Invalid):
        create_record(shop, bob, "repairs", {"papers": [hand_in(shop)]}, origin=CLI)


def test_dropped_files_are_loose_and_go_after_a_day(
    database: Database, workspace: Workspace
) -> None:
    with database.workspace_tx(workspace) as uow:
        publish_forms(uow, [FORM])
        kept, dropped = hand_in(uow), hand_in(uow)
        record = make(uow, papers=[kept, dropped])
        update_record(uow, OWNER, "repairs", record, {"papers": [kept]}, origin=CLI)
        now = uow.now
    folder = database.data_dir / "blobs" / workspace.store
    with database.workspace_tx(workspace, now=now + timedelta(hours=2)) as uow:
        assert service.collect(uow) == 0
    with database.workspace_tx(workspace, now=now + timedelta(days=2)) as uow:
        assert service.collect(uow) == 1
        assert set(service.get_blobs(uow, [kept, dropped])) == {kept}
    assert len([each for each in folder.rglob("*") if each.is_file()]) == 1


def test_files_wait_in_the_bin_and_go_with_the_record(shop: UnitOfWork) -> None:
    binned, removed = hand_in(shop), hand_in(shop)
    delete_record(shop, OWNER, "repairs", make(shop, papers=[binned]), origin=CLI)
    remove_batch(shop, OWNER, "repairs", [make(shop, papers=[removed])], origin=CLI)
    assert let_go_of_lost(shop) == 1
    assert let_go_of_lost(shop) == 0


def test_the_files_of_an_erased_person_go_at_once(
    database: Database, workspace: Workspace
) -> None:
    with database.workspace_tx(workspace) as uow:
        publish_forms(uow, [FORM])
        photo = hand_in(uow, picture())
        record = make(uow, photos=[photo])
        assert service.forget_record(uow, "repairs", record) == 1
        with pytest.raises(NotFound):
            readable_file(uow, OWNER, photo)
    folder = database.data_dir / "blobs" / workspace.store
    assert [each for each in folder.rglob("*") if each.is_file()] == []


def test_files_go_over_in_a_merge_and_come_back(shop: UnitOfWork) -> None:
    first, second = hand_in(shop), hand_in(shop)
    keep, drop = make(shop, papers=[first]), make(shop, papers=[second])
    move, follower = Move(1, "repairs", keep, drop), BlobFollower()
    moved = follower.merge(shop, OWNER, move)
    assert (moved, follower.count(shop, "repairs", keep)) == ([second], {"files": 2})
    both = update_record(shop, OWNER, "repairs", keep, {"papers": [first, second]}, origin=CLI)
    assert both.values["papers"] == f"{first},{second}"
    follower.unmerge(shop, OWNER, move, moved)
    assert follower.erase(shop, OWNER, "repairs", drop) == {"blob": 1}


def test_numbers_of_files_are_not_searched(shop: UnitOfWork) -> None:
    number = hand_in(shop)
    make(shop, what="lamp", papers=[number])
    found = find_records(shop, OWNER, "repairs", RecordQuery(search=str(number)))
    assert found.records == []


def test_pages_hand_in_show_and_list_files(site: Site) -> None:
    with site.database.workspace_tx(site.workspace) as uow:
        publish_forms(uow, [FORM])
    owner = site.signed_in("Alice")
    assert 'type="file"' in owner.get("/w/shop/forms/repairs/records/new").text
    given = {"csrf_token": owner.csrf, "file": (io.BytesIO(picture()), "cat.png")}
    answer = owner.post("/w/shop/files", data=given)
    assert answer.status_code == 201
    assert "cat.png" in answer.text
    number = answer.text.split('data-file="')[1].split('"')[0]
    made = owner.send("/w/shop/forms/repairs/records/new", {"what": "lamp", "photos": number})
    assert made.status_code == 303, made.text
    assert owner.get(f"/w/shop/files/{number}/small").mimetype == "image/png"
    assert "cat.png" in owner.get(f"/w/shop/files/lines?ids={number}").text
    assert f"ids={number}" in owner.get(made.headers["Location"]).text
    assert owner.get("/w/shop/forms/repairs/records/new").status_code == 200
    assert "cat.png" in owner.get("/w/shop/forms/repairs/records").text


def test_a_picture_that_cannot_be_shown_is_refused_with_the_reason(site: Site) -> None:
    owner = site.signed_in("Alice")
    owner.get("/w/shop/forms")  # any page gives the token that a post carries
    given = {"csrf_token": owner.csrf, "file": (io.BytesIO(SVG), "a.svg"), "only": "picture"}
    answer = owner.post("/w/shop/files", data=given, headers={"HX-Request": "true"})
    assert answer.status_code == 422
    assert "This is not a picture that browsers show." in answer.text


def test_a_list_asks_for_the_files_of_all_its_cells_at_once(site: Site) -> None:
    with site.database.workspace_tx(site.workspace) as uow:
        publish_forms(uow, [FORM])
        for n in range(5):
            make(uow, what=f"lamp {n}", papers=[hand_in(uow)])
    owner, asked = site.signed_in("Alice"), []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        asked.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        page = owner.get("/w/shop/forms/repairs/records").text
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)
    assert page.count("a.txt") == 5
    assert len([each for each in asked if "FROM blob" in each]) == 1
