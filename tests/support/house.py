"""Reading the repository itself, for the tests that keep the house in order."""

import ast
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "regulars"
TEMPLATES = PACKAGE / "templates"
STATIC = PACKAGE / "static"
LOCALES = ("zh-Hans", "zh-Hant", "en")


def tracked_files() -> list[Path]:
    """Every file that git knows or would take in (so a new file is checked before its commit)."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout
    paths = [ROOT / name for name in listed.decode().split("\0") if name]
    return [path for path in paths if path.is_file()]


def read(path: Path) -> str:
    """The text of a file; bytes that are no UTF-8 are replaced."""
    return path.read_text(encoding="utf-8", errors="replace")


def name_of(path: Path) -> str:
    """A path as people say it: from the root, with slashes."""
    return path.relative_to(ROOT).as_posix()


def python_files(folder: Path) -> list[Path]:
    """Our Python files below a folder."""
    return sorted(path for path in folder.rglob("*.py") if "vendor" not in path.parts)


def templates() -> list[Path]:
    """Every template."""
    return sorted(path for path in TEMPLATES.rglob("*") if path.is_file())


def own_static(suffix: str) -> list[Path]:
    """Our own scripts or style sheets, without what npm packages brought."""
    found = STATIC.rglob(f"*{suffix}")
    return sorted(path for path in found if "vendor" not in path.relative_to(STATIC).parts)


def syntax_of(path: Path) -> ast.Module:
    """The parsed module."""
    return ast.parse(read(path), filename=str(path))


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Every call with the last part of the called name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            target = node.func
            if isinstance(target, ast.Attribute):
                yield target.attr, node
            elif isinstance(target, ast.Name):
                yield target.id, node


def catalogs(locale: str) -> dict[str, str]:
    """Every text of one language, all areas together."""
    texts: dict[str, str] = {}
    for path in sorted((PACKAGE / "locales").glob(f"*/{locale}.json")):
        texts.update(json.loads(read(path)))
    return texts


def parameters(text: str) -> set[str]:
    """The names in braces."""
    return set(re.findall(r"{(\w+)[^}]*}", text))
