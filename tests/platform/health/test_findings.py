"""What the health checks say, on the page, to programs and to the command line."""

import ast
import json
from collections.abc import Iterable
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from regulars.cli import main
from regulars.form_builder import records
from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.indexing.desk import IndexDesk
from regulars.form_builder.origin import API
from regulars.platform import i18n
from regulars.platform.accounts.access import system_access
from regulars.platform.db import Database, Workspace
from regulars.platform.events import event
from regulars.platform.health import storage
from regulars.platform.health.findings import Finding, Place, examine, worst
from regulars.platform.ids import new_token
from regulars.wiring import wire
from tests.support.house import PACKAGE
from tests.support.shop_forms import publish_forms
from tests.support.site import Site


@pytest.fixture
def place(database: Database, workspace: Workspace) -> Place:
    wire()
    with database.workspace_tx(workspace) as uow:
        publish_forms(uow)
        made = {"name": "王芳"}
        records.create_record(uow, system_access("en"), "customers", made, origin=API)
    return Place(database, workspace, database.clock())


def spoil(place: Place) -> None:
    with place.database.workspace_tx(place.workspace) as uow:
        table = catalog_of(uow).tables["customers"].main
        uow.execute(table.update().values(order_count=7))


def codes(found: Iterable[Finding]) -> dict[str, str]:
    return {each.code: each.level for each in found}


def test_a_sound_installation_is_well(place: Place) -> None:
    found = examine(place)
    assert worst(found) == "good"
    assert {"store-fits", "definitions-readable", "tables-fit", "work-done"} <= set(codes(found))


def said_codes() -> set[tuple[str, str]]:
    """(level, code) of every finding that stands in the code."""
    found = {("bad", f"drift-{kind}") for kind in ("rollup", "folded", "row", "tag", "link")}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Finding":
                values = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
                if len(values) == 2:
                    found.add((str(values[0]), str(values[1])))
    return found


def test_every_finding_has_words_and_a_cure_in_every_language() -> None:
    assert len(said_codes()) > 20
    for level, code in said_codes():
        for locale in i18n.LOCALES:
            assert i18n.find_text(f"health.{code}", locale, n=2), code
            assert level == "good" or i18n.find_text(f"health.{code}.cure", locale), code


@pytest.mark.parametrize(
    ("free", "code"), [(2**40, "disk-free"), (2**30, "disk-low"), (2**20, "disk-full")]
)
def test_little_room_is_said_in_time(
    place: Place, monkeypatch: pytest.MonkeyPatch, free: int, code: str
) -> None:
    monkeypatch.setattr(storage.shutil, "disk_usage", lambda _path: SimpleNamespace(free=free))
    assert list(codes(storage.disk(place))) == [code]


def test_a_queue_that_does_not_answer_is_named(place: Place) -> None:
    silent = Place(place.database, place.workspace, place.now, "redis://127.0.0.1:1/0")
    assert codes(storage.queue(silent)) == {"queue-silent": "watch"}


def test_a_queue_that_answers_and_one_that_forgets(place: Place, valkey_url: str) -> None:
    asked = Place(place.database, place.workspace, place.now, valkey_url)
    assert codes(storage.queue(asked)) == {"queue-answers": "good"}
    server = storage.redis_server.client(valkey_url)
    server.config_set("maxmemory-policy", "allkeys-lru")
    try:
        assert codes(storage.queue(asked)) == {"queue-forgets": "bad"}
    finally:
        server.config_set("maxmemory-policy", "noeviction")
        server.close()


def test_the_page_shows_what_is_wrong_and_puts_it_right(site: Site, place: Place) -> None:
    spoil(place)
    owner = site.signed_in()
    url = f"{site.home}/settings/health"
    assert "System health" in owner.get(url).text
    answer = owner.send(f"{url}/mend", follow_redirects=True)
    assert "One value was put right." in answer.text
    assert "had been wrong" not in answer.text
    with place.database.workspace_tx(place.workspace) as uow:
        seen = records.get_record(uow, system_access("en"), "customers", 1)
    assert seen["order_count"] == 0
    assert IndexDesk(place.database).is_due(place.now)  # making them would wait for the request
    assert site.signed_in("Bob", "clerk").get(url).status_code == 403


def test_programs_read_the_same_list(site: Site, place: Place) -> None:
    answer = site.app.test_client().get("/api/v1/health/report", headers=site.token())
    assert answer.status_code == 200
    assert answer.json is not None
    assert answer.json["level"] in ("good", "watch")
    assert {"level", "code", "text", "cure"} == set(answer.json["findings"][0])
    refused = site.app.test_client().get("/api/v1/health/report", headers=site.token("clerk"))
    assert refused.status_code == 403


def test_the_doctor_finds_and_repairs(
    place: Place, monkeypatch: pytest.MonkeyPatch, database_kind: str
) -> None:
    spoil(place)
    with place.database.workspace_tx(place.workspace) as uow:
        uow.execute(event.update().values(processed_at=uow.now))  # long ago by the real clock
    monkeypatch.setenv("REGULARS_DATA_DIR", str(place.database.data_dir))
    monkeypatch.setenv("REGULARS_SECRET_KEY", new_token(48))
    if database_kind == "postgresql":
        monkeypatch.setenv("REGULARS_DATABASE_URL", place.database.url)
    told = CliRunner().invoke(main, ["--json", "doctor", "--repair"])
    assert told.exit_code == 0, told.output
    answer = json.loads(told.output)["shop"]
    assert answer["mended"] == 1
    assert "drift-mended" in {each["code"] for each in answer["findings"]}
    with place.database.workspace_tx(place.workspace) as uow:
        table = catalog_of(uow).tables["orders"].main
        uow.execute(
            table.insert().values(
                id=1, created_at=uow.now, updated_at=uow.now, form_version=1, customer=99
            )
        )
    told = CliRunner().invoke(main, ["doctor", "--repair"])
    assert told.exit_code == 1
    assert "WRONG" in told.output
