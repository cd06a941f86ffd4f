"""Every check of this house, in the order in which they fail fastest: ``./check``.

  --quick      without the browser and with SQLite only
  --full       also the long runs, pages on both databases, and everything behind PgBouncer
  --pool       only the tests, on PostgreSQL behind PgBouncer in transaction mode
  anything else goes to pytest (a folder, -k, -x …)

All checks run even when one fails, so that one run names everything; pytest comes last and its
closing line ends the output. Nothing is skipped silently: what is missing is installed, or the
check fails and says what to install.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from ctypes.util import find_library
from dataclasses import dataclass
from pathlib import Path

from tests.support.browser import NAMES, find_browser

ROOT = Path(__file__).resolve().parent.parent
BROWSER_PACKAGES = ("chromium-headless-shell", "fonts-noto-cjk")
TYPESETTING = {"pango-1.0": "libpango-1.0-0", "pangoft2-1.0": "libpangoft2-1.0-0"}
"""What PDF files are set with: library → its Debian package."""


@dataclass(frozen=True)
class Step:
    """One check: its name and the command that fails when something is wrong."""

    name: str
    command: tuple[str, ...]


def static_steps() -> list[Step]:
    """What can be said without running the product."""
    python = (sys.executable, "-m")
    return [
        Step("format", (*python, "ruff", "format", "--check", "--quiet", ".", "run", "check")),
        Step("lint", (*python, "ruff", "check", "--quiet", ".", "run", "check")),
        Step("layers", (str(Path(sys.executable).with_name("lint-imports")), "--no-logo")),
        Step("types", (*python, "mypy")),
        Step("templates", (*python, "djlint", "--lint", "--quiet", "regulars/templates")),
        Step("languages", (*python, "tools.locales", "--check")),
    ]


def pytest_command(options: list[str]) -> list[str]:
    """The whole suite on every core; ``--quick`` leaves the browser and PostgreSQL out.

    Files go out in their own order: handed out by their number of tests, the few long tests with
    real processes would come last, and one core would wait for the other.
    """
    rest = [option for option in options if option != "--quick"]
    spread = ["-n", "logical", "--dist", "loadfile", "--no-loadscope-reorder"]
    command = [sys.executable, "-m", "pytest", "-q", *spread]
    if "--quick" in options:
        command += ["--database", "sqlite", "-m", "not browser"]
    return [*command, *rest]


def pooled_command(rest: list[str]) -> list[str]:
    """On PostgreSQL behind PgBouncer in transaction mode; the long runs need no second time."""
    return pytest_command(["--database", "pgbouncer", "-m", "not browser", *rest])


def passes_pooled(rest: list[str]) -> bool:
    """Run the tests through a pooler; False too where there is none."""
    if not ensure_pooler():
        return False
    return subprocess.run(pooled_command(rest), cwd=ROOT, check=False).returncode == 0


def passes(step: Step) -> bool:
    """Run one check quietly; its output is shown when it fails."""
    began = time.monotonic()
    done = subprocess.run(
        step.command, cwd=ROOT, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    good = done.returncode == 0
    print(f"{'ok    ' if good else 'FAILED'} {step.name} ({time.monotonic() - began:.1f} s)")
    if not good:
        print(done.stdout.decode(errors="replace"), flush=True)
    return good


def ensure_browser() -> bool:
    """Whether there is a Chromium; where there is none, one is installed (with Chinese fonts)."""
    for install in (_install_packages, _fetch_browser):
        if find_browser():
            return True
        install()
    if find_browser():
        return True
    print(
        f"FAILED browser: none of {', '.join(NAMES)} is here. On Debian or Ubuntu: "
        f"sudo apt install {' '.join(BROWSER_PACKAGES)}; elsewhere install Chromium and set "
        "REGULARS_BROWSER to its program. (./check --quick does without.)"
    )
    return False


def ensure_typesetting() -> bool:
    """Whether PDF files can be set here; where the libraries lack, they are installed."""
    if not _can_set_pages():
        _apt_install("the libraries that set PDF files", tuple(TYPESETTING.values()))
    if _can_set_pages():
        return True
    packages = " ".join(TYPESETTING.values())
    print(
        f"FAILED typesetting: Pango is not here. On Debian or Ubuntu: sudo apt install {packages}"
    )
    return False


def _can_set_pages() -> bool:
    return all(map(find_library, TYPESETTING))


def ensure_pooler() -> bool:
    """Whether there is a PgBouncer for the long run; where there is none, one is installed."""
    if not _find_pooler():
        _apt_install("a connection pooler", ("pgbouncer",))
    if _find_pooler():
        return True
    print("FAILED pooler: PgBouncer is not here. On Debian or Ubuntu: sudo apt install pgbouncer")
    return False


def _find_pooler() -> bool:
    places = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
    return shutil.which("pgbouncer", path=places) is not None


def _install_packages() -> None:
    """On Debian and Ubuntu, when root: the distribution's browser, one package and its fonts."""
    _apt_install("a browser", BROWSER_PACKAGES)


def _apt_install(what: str, packages: Sequence[str]) -> None:
    if os.geteuid() != 0 or not Path("/usr/bin/apt-get").exists():
        return
    print(f"Installing {what} for the tests …", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
    for command in (["apt-get", "update", "-qq"], install):
        subprocess.run(command, check=False, env=environment, stdout=subprocess.DEVNULL)


def _fetch_browser() -> None:
    """Anywhere else: the build that Playwright offers."""
    print("Fetching a browser for the tests …", flush=True)
    command = [sys.executable, "-m", "playwright", "install", "--only-shell", "chromium"]
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL)


def main(options: list[str]) -> int:
    """0 when everything passed."""
    if "--help" in options:
        print(__doc__)
        return 0
    if "--pool" in options:
        return 0 if passes_pooled([each for each in options if each != "--pool"]) else 1
    results = [passes(step) for step in static_steps()]
    results.append("--quick" in options or ensure_browser())
    results.append(ensure_typesetting())
    sys.stdout.flush()
    tests = subprocess.run(pytest_command(options), cwd=ROOT, check=False).returncode
    if "--full" in options:
        results.append(passes_pooled([]))
    return 0 if all(results) and tests == 0 else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
