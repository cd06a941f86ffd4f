"""What the guide for tills shows is typed here, in its order, and answers what it says."""

import os
import re
import shlex
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from regulars.platform.accounts.access import system_access
from regulars.platform.accounts.units import UnitValues, create_unit
from regulars.seed_templates.catalogue import RETAIL, get_pack
from regulars.seed_templates.installer import Wishes, install
from tests.support.house import ROOT, read
from tests.support.site import Site

GUIDES = ["connect-a-pos.md", "connect-a-pos.zh-Hans.md"]
BLOCK = re.compile(r"^```sh\n# (\d+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"^```csv\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.fixture
def shop(site: Site) -> Site:
    """A shop with the retail pack and the store of the examples."""
    with site.database.workspace_tx(site.workspace) as uow:
        access = system_access("en")
        install(uow, access, get_pack(RETAIL), Wishes())
        create_unit(uow, access, UnitValues("SH01", "Nanjing Road"))
    return site


def typed(site: Site, command: str, file: bytes) -> TestResponse:
    """What curl would send; only the options that the guide uses."""
    words = shlex.split(os.path.expandvars(command.replace("\\\n", " ")))
    assert words.pop(0) == "curl"
    method, url, headers = "GET", "", {}
    sent: dict[str, Any] = {}
    while words:
        word = words.pop(0)
        if word == "-X":
            method = words.pop(0)
        elif word == "-H":
            name, _, value = words.pop(0).partition(": ")
            headers[name] = value
        elif word == "-d":
            sent["data"] = words.pop(0)
        elif word == "-F":
            name, _, value = words.pop(0).partition("=")
            part = (BytesIO(file), value[1:]) if value.startswith("@") else value
            sent.setdefault("data", {})[name] = part
        else:
            url = word
    return site.visitor().open(url, method=method, headers=headers, **sent)


@pytest.mark.one_database
@pytest.mark.parametrize("guide", GUIDES)
def test_the_guide_for_tills_can_be_followed(
    shop: Site, guide: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = read(Path(ROOT) / "docs" / "guide" / guide)
    (shown,) = FILE.findall(text)
    monkeypatch.setenv("URL", "/api/v1")
    monkeypatch.setenv("KEY", shop.token("manager")["Authorization"].removeprefix("Bearer "))
    steps = BLOCK.findall(text)
    assert len(steps) == 9
    for status, command in steps:
        answer = typed(shop, command, shown.encode("gbk"))
        assert answer.status_code == int(status), (command, answer.text)
        body = answer.get_json()
        if "Idempotency-Key" in command:
            monkeypatch.setenv("ORDER", str(body["id"]))
            monkeypatch.setenv("VERSION", str(body["version"]))
            assert typed(shop, command, b"").get_json() == body  # sent twice, done once
        if "-F" in command:
            monkeypatch.setenv("IMPORT", str(body["id"]))
            assert body["file"]["columns"] == ["手机", "姓名"]
        for row in body.get("results", ()):
            assert row["problems"] == []
        if command.lstrip().startswith("curl") and "search" in command:
            assert body["records"][0]["total_spend"] == "77.00"
