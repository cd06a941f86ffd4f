"""The page of backups and its API: what owners see, confirm, download, bring in."""

import io
import re
from pathlib import Path

import pytest

from regulars.platform.backups.desk import BackupDesk
from regulars.platform.db import Workspace
from regulars.platform.hold import find_hold
from regulars.platform.workspaces import create_workspace, list_workspaces
from tests.support.clocks import MovableClock
from tests.support.site import Site, Visitor, words_of

PAGE = "/w/shop/settings/backups"


@pytest.fixture
def desk(site: Site, tmp_path: Path) -> BackupDesk:
    return BackupDesk(site.database, tmp_path / "backups")


def backed_up(site: Site, desk: BackupDesk) -> Visitor:
    """Alice, after a backup."""
    alice = site.signed_in("Alice")
    alice.send(PAGE)
    desk.answer()
    return alice


def test_an_owner_makes_sees_and_downloads_a_backup(site: Site, desk: BackupDesk) -> None:
    alice = site.signed_in("Alice")
    assert "No backups yet" in words_of(alice.get(PAGE).text)
    alice.send(PAGE)
    assert "every 2s" in alice.get(f"{PAGE}/list").text
    desk.answer()
    page = alice.get(PAGE).text
    assert {"Good", "Asked for"} <= set(words_of(page))
    assert "every 2s" not in page
    with alice.get(f"{PAGE}/1/file") as file:
        assert file.mimetype == "application/gzip"
        assert file.data[:2] == b"\x1f\x8b"


def test_a_restore_wants_the_name_typed_and_pauses_everything(
    site: Site, desk: BackupDesk
) -> None:
    alice = backed_up(site, desk)
    refused = alice.send(f"{PAGE}/1/restore", {"confirm": "something else"})
    assert refused.status_code == 422
    alice.send(f"{PAGE}/1/restore", {"confirm": site.workspace.name})
    desk.answer()
    assert "nothing is sent until an owner says so" in alice.get("/w/shop/").text
    with site.database.workspace_tx(site.workspace) as uow:
        assert find_hold(uow) is not None
    alice.send(f"{PAGE}/resume")
    assert "nothing is sent until" not in alice.get("/w/shop/").text


def test_whoever_restores_can_look_at_what_came_back(site: Site, desk: BackupDesk) -> None:
    alice = backed_up(site, desk)
    late = site.signed_in("Late", "owner")  # not in the backup
    late.send(f"{PAGE}/1/restore", {"confirm": "shop"})
    desk.answer()
    assert late.get(PAGE).status_code == 200
    assert alice.get(PAGE).status_code == 200


def test_a_file_from_outside_is_taken_in_or_refused_in_words(site: Site, desk: BackupDesk) -> None:
    alice = backed_up(site, desk)
    with alice.get(f"{PAGE}/1/file") as file:
        content = file.data
    for wrong in (b"", b"a picture of a cat", content[:-500]):
        upload = {"file": (io.BytesIO(wrong), "backup.tar.gz")}
        assert alice.send(f"{PAGE}/upload", upload).status_code == 422
    assert alice.send(f"{PAGE}/upload").status_code == 422
    assert (
        alice.send(f"{PAGE}/upload", {"file": (io.BytesIO(content), "../../x")}).status_code < 400
    )
    assert "Brought in" in words_of(alice.get(PAGE).text)
    newest = max(map(int, re.findall(r"backups/(\d+)/restore", alice.get(PAGE).text)))
    assert alice.send(f"{PAGE}/{newest}/restore", {"confirm": "shop"}).status_code < 400


def test_every_mistake_of_the_plan_is_shown(site: Site) -> None:
    alice = site.signed_in("Alice")
    wrong = {"daily": "1", "hour": "24", "keep_days": "0", "keep_weeks": "x"}
    refused = alice.send(f"{PAGE}/plan", wrong)
    assert refused.status_code == 422
    assert refused.text.count("A whole number from") == 3
    assert 'value="24"' in refused.text
    right = {"hour": "5", "keep_days": "3", "keep_weeks": "0"}
    assert alice.send(f"{PAGE}/plan", right).status_code < 400
    assert 'value="5"' in alice.get(PAGE).text


def test_only_owners_see_backups(site: Site, desk: BackupDesk) -> None:
    backed_up(site, desk)
    bob = site.signed_in("Bob", "manager")
    for path in (PAGE, f"{PAGE}/1/file", f"{PAGE}/1/restore", "/w/shop/settings/delete"):
        assert bob.get(path).status_code == 403
    assert bob.send(PAGE).status_code == 403
    assert "Backups" not in words_of(bob.get("/w/shop/").text)


def test_a_workspace_is_deleted_after_its_name_was_typed(site: Site, desk: BackupDesk) -> None:
    alice = site.signed_in("Alice")
    assert alice.send("/w/shop/settings/delete", {"confirm": "no"}).status_code == 422
    alice.send("/w/shop/settings/delete", {"confirm": "shop"})
    desk.answer()
    assert list_workspaces(site.database, archived=True) == []
    assert alice.get("/w/shop/").status_code == 404
    again: Workspace = create_workspace(site.database, "shop", "Another one")
    assert alice.get("/w/shop/").status_code == 404
    assert again.id != site.workspace.id


def test_owners_hear_when_backups_stop_working(
    site: Site, desk: BackupDesk, clock: MovableClock
) -> None:
    alice = backed_up(site, desk)
    clock.forward(days=5)
    assert "no good backup for several days" in alice.get("/w/shop/").text
    alice.send(PAGE)
    desk.answer()
    assert "no good backup for several days" not in alice.get("/w/shop/").text


def test_the_api_does_what_the_page_does(site: Site, desk: BackupDesk) -> None:
    owner, visitor = {**site.token(), "Accept-Language": "en"}, site.visitor()
    site.person("Alice")
    made = visitor.post("/api/v1/backups", headers=owner)
    assert (made.status_code, made.json["state"]) == (202, "due")  # type: ignore[index]
    desk.answer()
    (listed,) = visitor.get("/api/v1/backups", headers=owner).json["backups"]  # type: ignore[index]
    assert (listed["state"], listed["under_way"]) == ("good", False)
    one = f"/api/v1/backups/{listed['id']}"
    with visitor.get(f"{one}/file", headers=owner) as file:
        assert file.status_code == 200
    refused = visitor.post(f"{one}/restore", headers=owner, json={"confirm": "x"})
    assert refused.status_code == 422
    assert (
        visitor.post(f"{one}/restore", headers=owner, json={"confirm": "shop"}).status_code == 202
    )
    desk.answer()
    resumed = visitor.post("/api/v1/workspace/resume", headers=owner, json={})
    assert resumed.json == {"waiting": 0, "dropped": False}
    assert visitor.post("/api/v1/workspace/resume", headers=owner).status_code == 409
    manager = site.token("manager")
    assert visitor.get("/api/v1/backups", headers=manager).status_code == 403
