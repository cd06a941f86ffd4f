import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from tools import check
from tools.check import Step


class Machine:
    """A machine without a browser, on which some commands bring one."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, helps: str, is_root: bool) -> None:
        self.started: list[list[str]] = []
        self._helps = helps
        monkeypatch.setattr(check, "find_browser", self.find)
        monkeypatch.setattr(subprocess, "run", self.start)
        monkeypatch.setattr(os, "geteuid", lambda: 0 if is_root else 1000)

    def start(self, command: list[str], **_options: object) -> SimpleNamespace:
        self.started.append([str(word) for word in command])
        return SimpleNamespace(returncode=0)

    def find(self) -> str | None:
        brought = any(self._helps in command for command in self.started)
        return "/usr/bin/chromium" if brought else None


def test_a_missing_browser_is_installed_with_chinese_fonts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(check.Path, "exists", lambda path: True)
    machine = Machine(monkeypatch, helps="chromium-headless-shell", is_root=True)
    assert check.ensure_browser()
    assert [command[:2] for command in machine.started] == [
        ["apt-get", "update"],
        ["apt-get", "install"],
    ]
    assert "fonts-noto-cjk" in machine.started[-1]


def test_without_the_right_to_install_the_build_of_playwright_is_fetched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    machine = Machine(monkeypatch, helps="playwright", is_root=False)
    assert check.ensure_browser()
    assert len(machine.started) == 1


def test_where_none_can_be_had_the_check_fails_and_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Machine(monkeypatch, helps="nothing", is_root=False)
    assert not check.ensure_browser()
    assert "sudo apt install chromium-headless-shell" in capsys.readouterr().out


def test_a_browser_that_is_there_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch, helps="nothing", is_root=True)
    monkeypatch.setattr(check, "find_browser", lambda: "/usr/bin/chromium")
    assert check.ensure_browser()
    assert machine.started == []


def test_the_whole_run_leaves_nothing_out() -> None:
    command = check.pytest_command([])
    assert "--database" not in command
    assert "-m" not in command[3:]


def test_a_quick_run_says_what_it_leaves_out() -> None:
    command = check.pytest_command(["--quick", "tests/tools"])
    assert command[command.index("--database") + 1] == "sqlite"
    assert "not browser" in command
    assert command[-1] == "tests/tools"


def test_the_output_of_a_failing_step_is_shown(capfd: pytest.CaptureFixture[str]) -> None:
    talking = "print('the reason'); raise SystemExit({})"
    good = Step("good", (sys.executable, "-c", talking.format(0)))
    bad = Step("bad", (sys.executable, "-c", talking.format(1)))
    assert check.passes(good)
    assert "the reason" not in capfd.readouterr().out
    assert not check.passes(bad)
    assert "the reason" in capfd.readouterr().out


def test_one_failing_step_fails_the_whole_but_hides_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done: list[str] = []

    def note(step: Step) -> bool:
        done.append(step.name)
        return step.name != "format"

    monkeypatch.setattr(check, "passes", note)
    monkeypatch.setattr(subprocess, "run", lambda *_a, **_k: SimpleNamespace(returncode=0))
    assert check.main(["--quick"]) == 1
    assert done == [step.name for step in check.static_steps()]


def test_through_a_pooler_only_the_tests_are_run_and_only_those_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    machine = Machine(monkeypatch, helps="pgbouncer", is_root=True)
    monkeypatch.setattr(check, "ensure_pooler", lambda: True)
    assert check.main(["--pool", "tests/form_builder"]) == 0
    assert machine.started == [check.pooled_command(["tests/form_builder"])]
    assert {"pgbouncer", "not browser"} <= set(machine.started[0])


def test_without_a_pooler_the_run_through_one_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    Machine(monkeypatch, helps="nothing", is_root=False)
    monkeypatch.setattr(check, "_find_pooler", lambda: False)
    assert check.main(["--pool"]) == 1


def test_what_sets_pdf_files_is_installed_or_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(check.Path, "exists", lambda path: True)
    machine = Machine(monkeypatch, helps="libpango-1.0-0", is_root=True)
    monkeypatch.setattr(check, "find_library", lambda name: machine.find())
    assert check.ensure_typesetting()
    assert "libpangoft2-1.0-0" in machine.started[-1]
    monkeypatch.setattr(check, "find_library", lambda name: None)
    assert not check.ensure_typesetting()
    assert "sudo apt install libpango-1.0-0" in capsys.readouterr().out
