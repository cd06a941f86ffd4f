"""Every operation of the document, asked rightly and wrongly at random, answers as it says."""

import os
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from regulars import wiring
from regulars.app import create_app
from regulars.platform.accounts.access import system_access
from regulars.platform.config import Config
from regulars.platform.definitions import store
from regulars.seed_templates.catalogue import RETAIL, get_pack
from regulars.seed_templates.installer import Wishes, install
from tests.support.site import SECRET, Site
from tests.support.uploads import picture

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
AS_OWNER, AS_ANYBODY = 30, 12  # requests of each sort in the long run
SEED = int(os.environ.get("REGULARS_API_SEED", "20260722"))
FACTOR = float(os.environ.get("REGULARS_API_FACTOR", "1"))
SLOW = ("simulate", "sample-data")
"""What takes half a second: each is asked once, and sample data comes last of all."""

KEYS = {
    "rules": "thank_you_24h",
    "message-texts": "win_back_1",
    "reports": "revenue",
    "dashboards": "retention",
    "packs": RETAIL,
}
"""A definition of each kind, so that not only unknown ones are asked for."""


HELPER: dict[str, Any] = {
    "kind": "role",
    "key": "helper",
    "label": {"en": "Helper", "zh-Hans": "帮手"},
    "capabilities": ["view_reports", "edit_reports", "import_records"],
    "default": {"read": "own", "create": "all", "update": "own", "export": "own"},
    "forms": {
        "customers": {
            "read": "all",
            "update": "all",
            "fields": {"mobile": "masked", "email": "hidden", "tier": "read_only"},
        },
        "products": {"read": "none"},
    },
}
"""Few rights: some forms not at all, fields that are hidden, masked and not to be changed."""


@pytest.fixture
def shop(site: Site, tmp_path: Path) -> Flask:
    """An application with the retail pack, without a limit of requests."""
    with site.database.workspace_tx(site.workspace) as uow:
        install(uow, system_access("en"), get_pack(RETAIL), Wishes())
        store.save_draft(uow, system_access("en"), "role", HELPER)
        store.publish(uow, system_access("en"), [("role", "helper")])
    config = Config(data_dir=tmp_path, secret_key=SECRET, api_limit=10**9)
    return create_app(config, site.database)


@dataclass(frozen=True)
class Asker:
    """Who asks, and how often: about things that are there, and about such as nobody knows."""

    headers: dict[str, str]
    known: int = 2
    unknown: int = 1
    slow: int = 1

    def times(self, operation: Any, *, is_known: bool) -> int:
        if operation.path.endswith(SLOW):
            return self.slow
        return self.known if is_known else self.unknown


@pytest.mark.one_database
def test_every_operation_answers_as_the_document_says(site: Site, shop: Flask) -> None:
    _ask_everything(site, shop, Asker(site.token()))


@pytest.mark.full
@pytest.mark.parametrize("who", ["owner", "manager", "clerk", "helper", "installation", "nobody"])
def test_every_operation_answers_so_for_many_more_requests(
    site: Site, shop: Flask, who: str
) -> None:
    many = round((AS_OWNER if who == "owner" else AS_ANYBODY) * FACTOR)
    headers: dict[str, str] = {}
    if who == "installation":
        headers = site.installation_key()
    elif who != "nobody":
        headers = site.token(who)
    _ask_everything(site, shop, Asker(headers, many, many // 2, 2))


def _ask_everything(site: Site, shop: Flask, who: Asker) -> None:
    owner = site.token()
    known = _one_of_each(site, shop, owner)
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", shop, headers=owner)
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) > 70
    failures: list[str] = []
    for operation in sorted(operations, key=_harmless_first):
        area = operation.path.split("/")[1]
        if any(f"/forms/{form}/" in operation.path for form in ("coupons", "visits", "returns")):
            continue  # the same code as for the other forms
        there = {"key": KEYS.get(area, "x"), **known}
        path = {key: there[key] for key in there if f"{{{key}}}" in operation.path}
        for mode in MODES:
            times = who.times(operation, is_known=True)
            failures += _ask(operation, mode, who.headers, path, times)
            if "{" in operation.path:
                times = who.times(operation, is_known=False)
                failures += _ask(operation, mode, who.headers, {}, times)
    assert "\n\n".join(failures) == ""


def _harmless_first(operation: Any) -> tuple[bool, bool, bool, str]:
    """What takes things away comes last, so that there is something to ask about."""
    path = operation.path
    takes_away = operation.method == "delete"
    return path.endswith("/archive"), path.endswith("/sample-data"), takes_away, path


def _ask(
    operation: Any, mode: GenerationMode, headers: Any, path: dict[str, Any], examples: int
) -> list[str]:
    failures: list[str] = []
    fixed = {"path_parameters": path} if path else {}

    @seed(SEED)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(operation.as_strategy(mode, **fixed))
    def ask(case: Any) -> None:
        answer = case.call(headers=headers)
        try:
            case.validate_response(answer, checks=CHECKS)
        except FailureGroup as group:
            sent = f"{case.formatted_path} {case.query} {case.headers} {case.body}"
            failures.append(
                f"{operation.label} {sent[:600]}\n{group.exceptions}\n{answer.content[:800]!r}"
            )

    ask()
    return failures[:1]


def _one_of_each(site: Site, app: Flask, headers: dict[str, str]) -> dict[str, Any]:
    """Ids and codes of things that are there, by the names they have in addresses."""
    client = app.test_client()

    def post(url: str, **body: Any) -> Any:
        answer = client.post(f"/api/v1{url}", headers=headers, **body)
        assert answer.status_code < 300, answer.text
        return answer.json

    ann = post("/forms/customers/records", json={"name": "Ann", "mobile": "13800138000"})
    post("/forms/products/records", json={"name": "Tea", "sku": "T1"})
    order = {"customer": ann["id"], "status": "paid"}
    post("/forms/orders/records", json=order)
    post("/units", json={"code": "SH01", "name": "Nanjing Road"})
    file = {"form": "customers", "file": (BytesIO(b"name\nBo\n"), "people.csv")}
    batch = post("/imports", data=file)
    photo = post("/files", data={"file": (BytesIO(picture(size=(8, 8))), "photo.png")})
    wiring.rule_engine(site.database).tick(site.database.clock(), site.workspace)
    runs = client.get("/api/v1/runs", headers=headers).get_json()["runs"]
    messages = client.get("/api/v1/messages", headers=headers).get_json()["messages"]
    return {
        "form_key": "customers",
        "record_id": ann["id"],
        "code": "SH01",
        "batch_id": batch["id"],
        "number": photo["id"],
        "member": site.person("Bob", "clerk").email,
        "token_id": post("/tokens", json={"name": "till", "role": "clerk"})["id"],
        "run_id": runs[0]["id"] if runs else 1,
        "message_id": messages[0]["id"] if messages else 1,
    }
