"""The house rules that no tool checks for us."""

import ast
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.support import house
from tests.support.house import PACKAGE, ROOT, TEMPLATES, name_of, read
from tools import locales

LONGEST_MODULE, LONGEST_TEST, LONGEST_TEMPLATE, LONGEST_SCRIPT, LONGEST_STYLE = (
    400,
    600,
    200,
    120,
    250,
)
LONGER_FOR_A_REASON: dict[str, int] = {
    # one list of tables, written by a program and never changed again
    "regulars/platform/migrations/workspace/versions/r0001_first_tables.py": 660,
}
"""Path → lines it may have; each entry needs a comment that says why splitting would be worse."""

BANNED_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc"}
REGISTRIES = (
    "registry.npmjs" + ".org",
    "files.pythonhosted" + ".org",
    "pypi" + ".org/simple",
    "npmmirror" + ".com",
    "yarnpkg" + ".com",
    "mirrors.aliyun" + ".com",
    "tuna.tsinghua" + ".edu.cn",
)
SQL_WORD = re.compile(
    r"\s*(SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|DROP|WITH|PRAGMA|ATTACH)\b", re.I
)
SQL_CALLS = {"execute", "executemany", "exec_driver_sql", "scalar", "scalars", "DDL"}
BUILT_SQL_FOR_A_REASON = {
    "regulars/platform/db.py",  # PRAGMA takes no bound value; the number is our own constant
}


def test_modules_templates_scripts_and_styles_stay_small() -> None:
    sizes = [
        *((path, LONGEST_MODULE) for path in house.python_files(PACKAGE)),
        *((path, LONGEST_TEST) for path in house.python_files(ROOT / "tests")),
        *((path, LONGEST_TEMPLATE) for path in house.templates()),
        *((path, LONGEST_SCRIPT) for path in house.own_static(".js")),
        *((path, LONGEST_STYLE) for path in house.own_static(".css")),
    ]
    too_long = {
        name_of(path): lines
        for path, cap in sizes
        if (lines := len(read(path).splitlines())) > LONGER_FOR_A_REASON.get(name_of(path), cap)
    }
    assert too_long == {}


def test_no_module_is_a_drawer_for_everything() -> None:
    drawers = [name_of(path) for path in house.python_files(PACKAGE) if path.stem in BANNED_NAMES]
    assert drawers == []


def test_every_folder_of_python_files_is_a_package() -> None:
    folders = {
        path.parent for top in (PACKAGE, ROOT / "tests") for path in house.python_files(top)
    }
    assert [name_of(each) for each in folders if not (each / "__init__.py").is_file()] == []


def test_every_module_says_what_it_owns() -> None:
    silent = [
        name_of(path)
        for path in house.python_files(PACKAGE)
        if not ast.get_docstring(house.syntax_of(path))
    ]
    assert silent == []


def test_sql_is_built_and_never_written_as_text() -> None:
    found = []
    for path in house.python_files(PACKAGE):
        if "versions" in path.parts:
            continue  # a revision writes down constants, once
        for name, call in house.calls(house.syntax_of(path)):
            if (name == "text" and _is_sqlalchemys(call)) or (
                name in SQL_CALLS and _is_text_sql(call)
            ):
                found.append(f"{name_of(path)}:{call.lineno}")
    assert [each for each in found if each.split(":")[0] not in BUILT_SQL_FOR_A_REASON] == []


def _is_sqlalchemys(call: ast.Call) -> bool:
    target = call.func
    if isinstance(target, ast.Attribute):
        return isinstance(target.value, ast.Name) and target.value.id in (
            "sa",
            "sqlalchemy",
            "sql",
        )
    return bool(call.args) and _starts_like_sql(call.args[0])


def _is_text_sql(call: ast.Call) -> bool:
    return any(isinstance(each, ast.JoinedStr | ast.BinOp) for each in call.args) and any(
        _starts_like_sql(each) for each in call.args
    )


def _starts_like_sql(node: ast.expr) -> bool:
    if isinstance(node, ast.BinOp):
        return _starts_like_sql(node.left)
    if isinstance(node, ast.JoinedStr) and node.values:
        return _starts_like_sql(node.values[0])
    return (
        isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and SQL_WORD.match(node.value) is not None
    )


def test_no_tracked_file_names_a_registry() -> None:
    named = [
        f"{name_of(path)}: {host}"
        for path in house.tracked_files()
        for host in REGISTRIES
        if host in read(path)
    ]
    assert named == []


def test_no_lock_that_records_registries_is_tracked() -> None:
    assert [
        name_of(path) for path in house.tracked_files() if path.name in ("uv.lock", "pylock.toml")
    ] == []


def test_no_tracked_file_depends_on_one_machine() -> None:
    machine = re.compile(r"(?<![\w.])/(?:work|root|home/\w+|Users/\w+|tmp/rg)/")
    found = [
        f"{name_of(path)}: {match.group()}"
        for path in house.tracked_files()
        if path != Path(__file__)
        for match in machine.finditer(read(path))
    ]
    assert found == []


def test_pages_carry_no_script_or_style_of_their_own() -> None:
    inside = re.compile(
        r"<style\b|\sstyle=|<script(?![^>]*\bsrc=)(?![^>]*type=\"(?:application/json|importmap)\")|\son\w+=",
        re.I,
    )
    foreign = re.compile(r"(?:src|href)=\"(?:https?:)?//", re.I)
    found = [
        f"{name_of(path)}: {match.group().strip()}"
        for path in house.templates()
        if path.suffix == ".html" and "email" not in path.parts
        for pattern in (inside, foreign)
        for match in pattern.finditer(read(path))
    ]
    assert found == []


def test_partials_never_extend_and_components_hold_macros_only() -> None:
    extending = [
        name_of(path)
        for path in house.templates()
        if path.name.startswith("_") and "{% extends" in read(path)
    ]
    outside = re.compile(
        r"{#.*?#}|{%-?\s*macro.*?endmacro\s*-?%}|{%-?\s*(?:from|import)\b.*?%}", re.DOTALL
    )
    loose = [
        name_of(path)
        for path in sorted((TEMPLATES / "components").glob("*.html"))
        if outside.sub("", read(path)).strip()
    ]
    assert (extending, loose) == ([], [])


def test_templates_are_free_of_htmx_2_habits() -> None:
    checker = ROOT / ".vendor" / "htmx_upgrade_check.py"
    done = subprocess.run(
        [sys.executable, checker, "--ext", ".html", TEMPLATES],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_every_icon_that_pages_use_is_in_the_sprite() -> None:
    known = set(read(ROOT / "tools" / "icons.txt").split())
    named = re.compile(
        r"""\bicon\(\s*["']([a-z0-9-]+)["']|icon_name=["']([a-z0-9-]+)["']|\bicon=["']([a-z0-9-]+)["']"""
    )
    sources = [*house.templates(), *house.python_files(PACKAGE)]
    used = {
        name for path in sources for match in named.findall(read(path)) for name in match if name
    }
    assert used - known == set()


def test_languages_have_the_same_texts() -> None:
    texts = {locale: house.catalogs(locale) for locale in house.LOCALES}
    reference = {_without_plural(key) for key in texts["zh-Hans"]}
    different = {
        locale: sorted(reference ^ {_without_plural(key) for key in texts[locale]})
        for locale in house.LOCALES
    }
    assert different == {locale: [] for locale in house.LOCALES}


def test_a_text_has_the_same_parameters_in_every_language() -> None:
    simplified = house.catalogs("zh-Hans")
    allowed: dict[str, set[str]] = {}
    for key, text in simplified.items():
        allowed.setdefault(_without_plural(key), set()).update(house.parameters(text))
    different = [
        f"{locale} {key}"
        for locale in house.LOCALES
        for key, text in house.catalogs(locale).items()
        if house.parameters(text) - allowed[_without_plural(key)] - {"n"}
        or allowed[_without_plural(key)] - house.parameters(text) - {"n"}
    ]
    assert different == []


def _without_plural(key: str) -> str:
    return re.sub(r"\.(one|other)$", "", key)


def test_no_key_stands_in_two_areas() -> None:
    seen: dict[str, str] = {}
    twice = []
    for path in sorted((PACKAGE / "locales").glob("*/zh-Hans.json")):
        for key in json.loads(read(path)):
            if seen.setdefault(key, path.parent.name) != path.parent.name:
                twice.append(f"{key}: {seen[key]} and {path.parent.name}")
    assert twice == []


def test_traditional_chinese_is_made_from_simplified() -> None:
    stale = locales.outdated(locales.LOCALES, locales.read_mending())
    assert [name_of(path) for path in stale] == [], "run: python -m tools.locales"


def test_every_text_that_pages_and_code_ask_for_exists() -> None:
    known = {_without_plural(key) for key in house.catalogs("zh-Hans")}
    asked: dict[str, str] = {}
    in_templates = re.compile(r"""(?<![\w.])t\(\s*["']([^"'{}]+)["']\s*[,)]""")
    for path in house.templates():
        asked.update({key: name_of(path) for key in in_templates.findall(read(path))})
    for path in house.python_files(PACKAGE):
        asked.update({key: name_of(path) for key in _keys_in_code(path)})
    assert {key: place for key, place in asked.items() if key not in known} == {}


def _keys_in_code(path: Path) -> set[str]:
    """Texts asked for by literal name: words, problems and errors."""
    keys = set()
    for name, call in house.calls(house.syntax_of(path)):
        literal = [each.value if isinstance(each, ast.Constant) else None for each in call.args]
        if name in ("translate", "find_text") and literal and isinstance(literal[0], str):
            keys.add(literal[0])
        if name == "Problem" and len(literal) > 1 and isinstance(literal[1], str):
            keys.add(f"problems.{literal[1]}")
        if name in ERRORS and literal and isinstance(literal[0], str):
            keys.add(f"errors.{literal[0]}")
    return keys


ERRORS = {
    "Busy",
    "Conflict",
    "Forbidden",
    "NotFound",
    "NotSignedIn",
    "RegularsError",
    "TooLarge",
    "VersionConflict",
}


@pytest.mark.parametrize("name", ["run", "check", ".ci/run"])
def test_the_commands_of_the_house_can_be_started(name: str) -> None:
    assert (ROOT / name).stat().st_mode & 0o111 == 0o111


def test_the_wheel_holds_everything_the_product_needs(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        inside = set(packed.namelist())
    wanted = [
        name_of(path)
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith(".")
    ]
    assert [name for name in wanted if name not in inside] == []
    assert not any(name.startswith(("tests/", "tools/")) for name in inside)


@pytest.mark.parametrize("line", ["main", "workspace"])
def test_revisions_follow_each_other_one_by_one(line: str) -> None:
    folder = PACKAGE / "platform" / "migrations" / line / "versions"
    numbers = []
    for path in sorted(folder.glob("r*.py")):
        found = dict(re.findall(r"^((?:down_)?revision) = [\"']?(\w+)", read(path), re.M))
        numbers.append((path.name[1:5], found["revision"], found["down_revision"]))
    expected = [f"{n:04d}" for n in range(len(numbers) + 1)]
    before = ["None", *expected[1:]]
    assert numbers == list(zip(expected[1:], expected[1:], before, strict=False))


SESSION_STATE = re.compile(
    r"set_config\([^)]*,\s*False\)|\bpg_(?:try_)?advisory_lock(?:_shared)?\b"
    r"|[\"'](?:SET SESSION|SET (?!LOCAL)[a-z_]+ ?=|LISTEN |UNLISTEN|DISCARD|DECLARE .* WITH HOLD)"
    r"|prepare=True|\.prepare_threshold = ",
)


def test_nothing_outlives_a_transaction_on_the_server() -> None:
    """A pooler gives each transaction to another session: what is set there is somebody else's."""
    found = [
        f"{name_of(path)}: {match.group()}"
        for path in house.python_files(PACKAGE)
        for match in SESSION_STATE.finditer(read(path))
    ]
    assert found == []


@pytest.mark.parametrize(
    "code",
    [
        'sa.func.set_config("lock_timeout", "2s", False)',
        "sa.func.pg_advisory_lock(key)",
        "sa.func.pg_try_advisory_lock(key)",
        'execute("SET search_path = w_1")',
        'execute("LISTEN bell")',
    ],
)
def test_the_guard_against_session_state_sees_it(code: str) -> None:
    assert SESSION_STATE.search(code)


def test_the_guard_lets_what_is_local_pass() -> None:
    for code in ('set_config("a", b, True)', "pg_advisory_xact_lock(key)", '"SET LOCAL a = 1"'):
        assert not SESSION_STATE.search(code)
