import ast
import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.support.house import ROOT
from tools import bootstrap


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The bootstrap over an empty folder; answers the commands it would have started."""
    for name in ("requirements.lock", "requirements-dev.lock", "pyproject.toml", "hatch_build.py"):
        (tmp_path / name).write_text(name, encoding="utf-8")
    venv = tmp_path / ".venv"
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap, "VENV", venv)
    monkeypatch.setattr(bootstrap, "STAMP", venv / "stamp.json")
    monkeypatch.setattr(bootstrap, "_works", lambda python, code: venv.exists())
    monkeypatch.setattr(bootstrap, "_find_uv", lambda: None)
    started: list[list[str]] = []

    def start(command: list[str], **_options: object) -> SimpleNamespace:
        started.append([str(word) for word in command])
        venv.mkdir(exist_ok=True)
        return SimpleNamespace(returncode=0, stdout="")

    monkeypatch.setattr(subprocess, "run", start)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    return started


def kinds_of(commands: list[list[str]]) -> list[str]:
    return [
        "venv" if "venv" in command else "lock" if "--require-hashes" in command else "project"
        for command in commands
    ]


def test_the_first_start_makes_everything_in_order(workshop: list[list[str]]) -> None:
    bootstrap.prepare(bootstrap.PRODUCT_LOCK)
    assert kinds_of(workshop) == ["venv", "lock", "project"]


def test_the_second_start_installs_nothing(workshop: list[list[str]]) -> None:
    bootstrap.prepare(bootstrap.PRODUCT_LOCK)
    workshop.clear()
    bootstrap.prepare(bootstrap.PRODUCT_LOCK)
    assert workshop == []


def test_a_changed_lock_is_installed_again(workshop: list[list[str]]) -> None:
    bootstrap.prepare(bootstrap.PRODUCT_LOCK)
    workshop.clear()
    (bootstrap.ROOT / bootstrap.PRODUCT_LOCK).write_text("newer", encoding="utf-8")
    bootstrap.prepare(bootstrap.PRODUCT_LOCK)
    assert kinds_of(workshop) == ["lock"]


def test_the_tools_are_only_added_for_the_checks(workshop: list[list[str]]) -> None:
    bootstrap.prepare(bootstrap.PRODUCT_LOCK)
    workshop.clear()
    bootstrap.prepare(bootstrap.TOOLS_LOCK)
    assert kinds_of(workshop) == ["lock"]
    assert "requirements-dev.lock" in workshop[0][-1]


def test_a_damaged_stamp_only_costs_an_installation(workshop: list[list[str]]) -> None:
    bootstrap.prepare(bootstrap.PRODUCT_LOCK)
    bootstrap.STAMP.write_text("{", encoding="utf-8")
    workshop.clear()
    bootstrap.prepare(bootstrap.PRODUCT_LOCK)
    assert kinds_of(workshop) == ["lock", "project"]
    assert json.loads(bootstrap.STAMP.read_text(encoding="utf-8"))


def test_a_missing_venv_module_names_the_line_that_mends_it(
    workshop: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(bootstrap.Stop, match="sudo apt install python3-venv"):
        bootstrap.prepare(bootstrap.PRODUCT_LOCK)
    assert workshop == []


def test_an_old_python_is_told_so_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2, "final", 0))
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(bootstrap.Stop, match=r"Python 3\.11 or newer; this is Python 3\.9"):
        bootstrap._new_enough_python()


def test_a_newer_python_on_the_path_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2, "final", 0))
    here = {"python3.12": "/usr/bin/python3.12"}
    monkeypatch.setattr(shutil, "which", here.get)
    assert bootstrap._new_enough_python() == "/usr/bin/python3.12"


def test_demo_data_is_left_out_on_request() -> None:
    assert bootstrap._up_options([]) == ["--demo"]
    assert bootstrap._up_options(["--port", "8001"]) == ["--demo", "--port", "8001"]
    assert bootstrap._up_options(["--empty", "--port", "8001"]) == ["--port", "8001"]


@pytest.mark.parametrize("name", ["run", "check", "tools/bootstrap.py"])
def test_an_old_python_can_read_the_bootstrap(name: str) -> None:
    source = (ROOT / name).read_text(encoding="utf-8")
    ast.parse(source, filename=name, feature_version=(3, 8))
