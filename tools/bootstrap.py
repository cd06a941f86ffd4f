"""From a bare Python to a ready ``.venv``: what ``./run`` and ``./check`` share.

Standard library only, and written so that an old Python can still read it and say what is wrong.
The steps are: find Python 3.11 or newer, make ``.venv``, install from a hashed lock when that lock
changed (with uv where it can be had, else pip), install the product itself, then become it.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

OLDEST = (3, 11)
NEWER_NAMES = ("python3.14", "python3.13", "python3.12", "python3.11")
ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "regulars-installed.json"
UV_LOCK = "tools/uv.lock.txt"
PRODUCT_LOCK = "requirements.lock"
TOOLS_LOCK = "requirements-dev.lock"


class Stop(Exception):
    """Nothing more can be done; the text is the one line to show."""


def run(arguments: list[str]) -> NoReturn:
    """``./run``: make ready, then become the supervisor (with demo data unless ``--empty``)."""
    _become(PRODUCT_LOCK, ["-m", "regulars.cli", "up", *_up_options(arguments)])


def check(arguments: list[str]) -> NoReturn:
    """``./check``: make ready with the tools, then become the check runner."""
    _become(TOOLS_LOCK, ["-m", "tools.check", *arguments])


def _up_options(arguments: list[str]) -> list[str]:
    if "--empty" in arguments:
        return [option for option in arguments if option != "--empty"]
    return ["--demo", *arguments]


def _become(lock: str, command: list[str]) -> NoReturn:
    try:
        python = _new_enough_python()
        if Path(sys.executable) != Path(python):
            _turn_into([python, *sys.argv])
        prepare(lock)
    except Stop as stop:
        sys.stderr.write(str(stop) + "\n")
        sys.exit(1)
    os.chdir(ROOT)
    _turn_into([_venv_python(), *command])


def _turn_into(command: list[str]) -> NoReturn:
    sys.stdout.flush()
    os.execv(command[0], command)  # noqa: S606 - a Python we chose, no shell


def prepare(lock: str) -> None:
    """Bring ``.venv`` in step with ``lock`` and with the product; quick when nothing changed."""
    _make_venv()
    done = _read_stamp()
    locked = _hash(ROOT / lock)
    if done.get(lock) != locked:
        _say("Installing what Regulars needs (once; a minute or so) …")
        _install(["--require-hashes", "-r", str(ROOT / lock)])
        done[lock] = locked
        _write_stamp(done)
    project = _hash(ROOT / "pyproject.toml", ROOT / "hatch_build.py")
    if done.get("project") != project or not _browser_files_are_current():
        _say("Building the browser files (once) …")
        _install(["--no-deps", "-e", str(ROOT)])
        done["project"] = project
        _write_stamp(done)


def _new_enough_python() -> str:
    if sys.version_info[:2] >= OLDEST:
        return sys.executable
    for name in NEWER_NAMES:
        found = shutil.which(name)
        if found:
            return found
    raise Stop(
        "Regulars needs Python 3.11 or newer; this is Python {}.{}. "
        "Install a newer Python and start again.".format(*sys.version_info[:2])
    )


def _make_venv() -> None:
    if _works(_venv_python(), "import sys"):
        return
    _say("Making a Python environment in .venv …")
    for command in _venv_commands():
        shutil.rmtree(VENV, ignore_errors=True)
        if subprocess.run(command, check=False).returncode == 0:
            return
    shutil.rmtree(VENV, ignore_errors=True)
    raise Stop(_venv_cure())


def _venv_commands() -> list[list[str]]:
    """Ways to make the environment: uv where it is installed, Python's own module where it is."""
    commands = []
    uv = shutil.which("uv")
    if uv:
        commands.append([uv, "venv", "--quiet", "--python", sys.executable, str(VENV)])
    if importlib.util.find_spec("ensurepip") and importlib.util.find_spec("venv"):
        commands.append([sys.executable, "-m", "venv", str(VENV)])
    return commands


def _venv_cure() -> str:
    version = "{}.{}".format(*sys.version_info[:2])
    return (
        "Python's venv module is missing here. On Debian or Ubuntu this mends it: "
        f"sudo apt install python3-venv   (or python{version}-venv)"
    )


def _install(what: list[str]) -> None:
    """With uv where there is one, else (or when uv fails) with pip from the same lock."""
    uv = _find_uv()
    if uv:
        command = [uv, "pip", "install", "--quiet", "--python", _venv_python(), *what]
        if subprocess.run([*command, *_mirror()], check=False).returncode == 0:
            return
    command = [_venv_python(), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if subprocess.run([*command, *what], check=False).returncode != 0:
        raise Stop("Installing did not work. The lines above say why; then start again.")


def _mirror() -> list[str]:
    """uv does not read pip's settings; where pip is told to use a mirror, uv is told too."""
    command = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
    asked = subprocess.run(command, check=False, capture_output=True, text=True)
    mirror = os.environ.get("PIP_INDEX_URL") or asked.stdout.strip()
    return ["--default-index", mirror] if mirror else []


def _find_uv() -> str | None:
    """uv on PATH, or in the environment, where it is put from its own small lock."""
    beside = VENV / "bin" / "uv"
    found = shutil.which("uv") or (str(beside) if beside.is_file() else None)
    if found:
        return found
    command = [_venv_python(), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--require-hashes", "-r", str(ROOT / UV_LOCK)]
    subprocess.run(command, check=False, stderr=subprocess.DEVNULL)
    return str(beside) if beside.is_file() else None


def _browser_files_are_current() -> bool:
    code = "import sys; from pathlib import Path; from tools import vendor; "
    code += "sys.exit(not vendor.is_current(Path.cwd()))"
    return _works(_venv_python(), code)


def _works(python: str, code: str) -> bool:
    if not os.path.exists(python):
        return False
    return subprocess.run([python, "-c", code], cwd=ROOT, check=False).returncode == 0


def _venv_python() -> str:
    return str(VENV / "bin" / "python")


def _hash(*paths: Path) -> str:
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in paths)).hexdigest()


def _read_stamp() -> dict[str, str]:
    try:
        return dict(json.loads(STAMP.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def _write_stamp(done: dict[str, str]) -> None:
    STAMP.write_text(json.dumps(done, indent=1) + "\n", encoding="utf-8")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
