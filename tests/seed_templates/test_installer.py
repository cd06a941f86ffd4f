from typing import Any

import pytest
import sqlalchemy as sa

from regulars.platform.accounts.access import Access, system_access
from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.definitions.snapshot import definition, snapshot
from regulars.platform.definitions.store import archive, get_draft, publish, save_draft
from regulars.platform.errors import Forbidden, Invalid
from regulars.seed_templates.installed import find_installed, originals_of
from regulars.seed_templates.installer import Outcome, Wishes, install, preview
from regulars.seed_templates.pack import Pack
from tests.seed_templates.dumping import dump
from tests.seed_templates.small_pack import GUESTS, MANIFEST, STAYS, small_pack

OWNER = system_access("en")
PLAIN = Wishes()


def actions(outcome: Outcome) -> dict[str, str]:
    return {each.key: each.action for each in outcome.plan.changes}


def guests_with(*more: dict[str, Any]) -> dict[str, Any]:
    return {**GUESTS, "fields": [*GUESTS["fields"], *more]}


NICKNAME = {"key": "nickname", "type": "text"}
ROOM = {"key": "room", "type": "text"}


def publish_form(uow: UnitOfWork, raw: dict[str, Any]) -> None:
    save_draft(uow, OWNER, "form", raw)
    publish(uow, OWNER, [("form", raw["key"])])


def test_installing_publishes_every_definition_and_keeps_the_originals(uow: UnitOfWork) -> None:
    outcome = install(uow, OWNER, small_pack(), PLAIN)
    assert actions(outcome) == {"guests": "create", "stays": "create"}
    assert set(snapshot(uow).all("form")) >= {"guests", "stays"}
    assert originals_of(uow, "small_inn")["form", "guests"] == GUESTS
    packs = sa.select(definition.c.pack).where(definition.c.key.in_(("guests", "stays")))
    assert set(uow.execute(packs).scalars()) == {"small_inn"}
    installed = find_installed(uow, "small_inn")
    assert installed is not None
    assert installed.version == "1.0.0"


def test_installing_twice_has_nothing_to_change(database: Database, workspace: Workspace) -> None:
    with database.workspace_tx(workspace) as uow:
        install(uow, OWNER, small_pack(), PLAIN)
    before = dump(database, workspace)
    with database.workspace_tx(workspace) as uow:
        again = install(uow, OWNER, small_pack(), PLAIN)
    assert again.is_nothing
    assert dump(database, workspace) == before


def test_a_dry_run_leaves_the_database_as_it_was(database: Database, workspace: Workspace) -> None:
    before = dump(database, workspace)
    with database.workspace_tx(workspace) as uow:
        outcome = preview(uow, OWNER, small_pack(), PLAIN)
        assert "guests" not in snapshot(uow).all("form")
    assert outcome.is_dry
    assert actions(outcome) == {"guests": "create", "stays": "create"}
    assert dump(database, workspace) == before


def test_after_a_dry_run_other_definitions_are_seen_as_they_are(
    database: Database, workspace: Workspace
) -> None:
    with database.workspace_tx(workspace) as uow:
        preview(uow, OWNER, small_pack(), PLAIN)
    own = {"kind": "form", "key": "own", "label": "Own", "fields": []}
    with database.workspace_tx(workspace) as uow:
        publish_form(uow, own)
    with database.workspace_tx(workspace) as uow:
        assert set(snapshot(uow).all("form")) == {"own"}


def test_a_dry_run_finds_the_same_problems(uow: UnitOfWork) -> None:
    broken = {**STAYS, "fields": [{"key": "guest", "type": "link", "to": "nowhere"}]}
    pack = small_pack(**{"forms/stays.json": broken})
    with pytest.raises(Invalid) as dry:
        preview(uow, OWNER, pack, PLAIN)
    codes = {(each.path, each.code) for each in dry.value.problems}
    assert ("form/stays/fields/0/to", "unpublished-form") in codes
    assert any(path.startswith("form/guests/") for path, _code in codes)


def test_a_refused_pack_leaves_nothing_behind(database: Database, workspace: Workspace) -> None:
    before = dump(database, workspace)
    broken = {**STAYS, "fields": [{"key": "guest", "type": "link", "to": "nowhere"}]}
    with pytest.raises(Invalid), database.workspace_tx(workspace) as uow:
        install(uow, OWNER, small_pack(**{"forms/stays.json": broken}), PLAIN)
    assert dump(database, workspace) == before


def test_a_new_version_brings_untouched_definitions_up_to_date(uow: UnitOfWork) -> None:
    install(uow, OWNER, small_pack(), PLAIN)
    newer = small_pack("1.1.0", **{"forms/guests.json": guests_with(ROOM)})
    assert actions(install(uow, OWNER, newer, PLAIN)) == {"guests": "update", "stays": "unchanged"}
    assert snapshot(uow).get("form", "guests").find("room") is not None
    installed = find_installed(uow, "small_inn")
    assert installed is not None
    assert installed.version == "1.1.0"


def test_what_the_owner_changed_stays_as_it_is(uow: UnitOfWork) -> None:
    install(uow, OWNER, small_pack(), PLAIN)
    publish_form(uow, guests_with(NICKNAME))
    newer = small_pack("1.1.0", **{"forms/guests.json": guests_with(ROOM)})
    assert actions(install(uow, OWNER, newer, PLAIN)) == {"guests": "kept", "stays": "unchanged"}
    form = snapshot(uow).get("form", "guests")
    assert form.find("nickname") is not None
    assert form.find("room") is None
    assert originals_of(uow, "small_inn")["form", "guests"] == GUESTS


def test_what_the_owner_deleted_stays_deleted(uow: UnitOfWork) -> None:
    install(uow, OWNER, small_pack(), PLAIN)
    archive(uow, OWNER, "form", "stays")
    newer = small_pack("1.1.0", **{"forms/stays.json": {**STAYS, "title": "{code}"}})
    assert actions(install(uow, OWNER, newer, PLAIN))["stays"] == "deleted"
    assert "stays" not in snapshot(uow).all("form")


def test_a_draft_the_owner_is_working_on_is_left_alone(uow: UnitOfWork) -> None:
    install(uow, OWNER, small_pack(), PLAIN)
    save_draft(uow, OWNER, "form", guests_with(NICKNAME))
    newer = small_pack("1.1.0", **{"forms/guests.json": guests_with(ROOM)})
    assert actions(install(uow, OWNER, newer, PLAIN))["guests"] == "kept"
    fields = [each["key"] for each in get_draft(uow, "form", "guests").raw["fields"]]
    assert fields[-1] == "nickname"


def test_own_definitions_of_the_same_key_are_all_named(uow: UnitOfWork) -> None:
    for key in ("guests", "stays"):
        publish_form(uow, {"kind": "form", "key": key, "label": "Mine", "fields": []})
    with pytest.raises(Invalid) as refused:
        install(uow, OWNER, small_pack(), PLAIN)
    assert [(each.path, each.code) for each in refused.value.problems] == [
        ("forms/guests.json", "pack-key-taken"),
        ("forms/stays.json", "pack-key-taken"),
    ]


def test_a_definition_that_is_there_just_so_is_taken_over(uow: UnitOfWork) -> None:
    for raw in (GUESTS, STAYS):
        save_draft(uow, OWNER, "form", raw)
    publish(uow, OWNER, [("form", "guests"), ("form", "stays")])
    outcome = install(uow, OWNER, small_pack(), PLAIN)
    assert actions(outcome) == {"guests": "unchanged", "stays": "unchanged"}
    assert set(originals_of(uow, "small_inn")) == {("form", "guests"), ("form", "stays")}


@pytest.mark.parametrize(
    ("need", "code"),
    [
        ({"key": "kitchen"}, "pack-missing"),
        ({"key": "other_inn", "version": ">=2"}, "pack-other-version"),
        ({"key": "other_inn", "version": ">=1,<2"}, None),
    ],
)
def test_a_pack_may_need_another(uow: UnitOfWork, need: dict[str, str], code: str | None) -> None:
    other = small_pack(**{"pack.json": {**MANIFEST, "key": "other_inn"}})
    needing = small_pack(**{"pack.json": {**MANIFEST, "requires": [need]}})
    install(uow, OWNER, other, PLAIN)
    if code is None:
        install(uow, OWNER, needing, PLAIN)
        return
    with pytest.raises(Invalid) as refused:
        install(uow, OWNER, needing, PLAIN)
    assert [(p.path, p.code) for p in refused.value.problems] == [("pack.json/requires/0", code)]


def test_a_manager_may_not_install(uow: UnitOfWork) -> None:
    manager = Access(7, "Manager", "manager", "en")
    pack: Pack = small_pack()
    with pytest.raises(Forbidden):
        install(uow, manager, pack, PLAIN)
