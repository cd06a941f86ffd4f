"""The documents are part of the build: they name what exists, and what they show works."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from regulars import wiring
from regulars.form_builder.field_types.base import field_types
from regulars.platform import faultpoint, leash, logs
from regulars.platform.config import STORES_READY
from regulars.platform.definitions.kinds import kinds
from regulars.platform.registry import Registry
from regulars.platform.web import openapi
from regulars.report_builder.analyses.base import analyses
from regulars.report_builder.charts.base import charts
from regulars.rule_engine.channels.base import providers
from regulars.rule_engine.steps.base import step_kinds
from regulars.rule_engine.triggers.base import trigger_kinds
from tests.support import house
from tests.support.house import PACKAGE, ROOT, name_of, read
from tools import api_routes, command_line

DOCS = ROOT / "docs"
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
INTERNAL_VARIABLES = {
    STORES_READY, leash.VARIABLE, faultpoint.VARIABLE, logs.PART_VARIABLE,
}  # fmt: skip
"""Between our own processes, or for tests only."""

REGISTRIES: dict[str, tuple[Registry[Any], ...]] = {
    "reference/fields.md": (field_types,),
    "reference/rules.md": (trigger_kinds, step_kinds, providers),
    "reference/reports.md": (analyses, charts),
}
"""Which page has a heading with the name in backticks for each kind of its registries."""


def pages() -> list[Path]:
    return [path for path in house.tracked_files() if path.suffix == ".md"]


def headings_of(path: Path) -> list[str]:
    without_code = re.sub(r"^```.*?^```", "", read(path), flags=re.MULTILINE | re.DOTALL)
    return HEADING.findall(without_code)


def anchors_of(path: Path) -> set[str]:
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
        for heading in headings_of(path)
    }


def test_every_link_leads_somewhere() -> None:
    broken = []
    for page in pages():
        for target in LINK.findall(read(page)):
            if target.startswith(("http://", "https://", "mailto:")):
                continue
            place, _, anchor = target.partition("#")
            found = page.parent / place if place else page
            if not found.exists() or (anchor and anchor not in anchors_of(found)):
                broken.append(f"{name_of(page)}: {target}")
    assert broken == []


def test_every_page_can_be_reached_from_the_index() -> None:
    reached: set[Path] = set()
    waiting = [DOCS / "index.md"]
    while waiting:
        page = waiting.pop().resolve()
        if page in reached or not page.is_file():
            continue
        reached.add(page)
        if page.suffix == ".md":
            waiting += [page.parent / link.partition("#")[0] for link in LINK.findall(read(page))]
    assert [
        name_of(page) for page in pages() if DOCS in page.parents and page not in reached
    ] == []


def test_every_guide_is_there_in_chinese_and_english() -> None:
    guides = {path.name for path in (DOCS / "guide").glob("*.md")}
    english = {name for name in guides if not name.endswith(".zh-Hans.md")}
    assert guides == english | {name.removesuffix(".md") + ".zh-Hans.md" for name in english}


@pytest.mark.parametrize("page", REGISTRIES)
def test_every_registered_kind_has_a_heading(page: str) -> None:
    wiring.wire()
    headings = " ".join(headings_of(DOCS / page))
    names = [name for registry in REGISTRIES[page] for name in registry.names()]
    assert names
    assert [name for name in names if f"`{name}`" not in headings] == []


def test_the_page_of_commands_is_made_from_the_commands() -> None:
    assert read(command_line.PAGE) == command_line.page(), "run: python -m tools.command_line"


def test_the_table_of_routes_is_made_from_the_routes() -> None:
    wanted = api_routes.page(api_routes.application())
    assert read(api_routes.PAGE) == wanted, "run: python -m tools.api_routes"


def test_every_route_for_programs_says_what_it_takes_and_answers() -> None:
    """Put ``@describe(…)`` of `regulars.platform.web.api_route` right above the view."""
    assert openapi.undescribed(api_routes.application()) == []


@pytest.mark.parametrize("locale", ["en", "zh-Hans"])
def test_every_route_for_programs_has_a_title(locale: str) -> None:
    """A few words at ``api.does.<blueprint>.<view>`` in regulars/locales/api."""
    shown = [each for each in openapi.operations(api_routes.application()) if each.route]
    asked = {f"api.does.{each.endpoint}" for each in shown}
    asked |= {f"api.area.{each.route.area}" for each in shown if each.route}
    assert sorted(asked - set(house.catalogs(locale))) == []


def test_every_setting_is_explained() -> None:
    named = re.compile(r"\bREGULARS_[A-Z_]+\b")
    used = {name for path in house.python_files(PACKAGE) for name in named.findall(read(path))}
    explained = set(named.findall(read(DOCS / "operations" / "running.md")))
    assert used - explained - INTERNAL_VARIABLES == set()


def definitions_in(page: Path) -> list[dict[str, object]]:
    blocks = re.findall(r"^```json\n(.*?)^```", read(page), flags=re.MULTILINE | re.DOTALL)
    parsed = [json.loads(block) for block in blocks]
    return [each for each in parsed if isinstance(each, dict) and each.get("kind") in kinds]


def test_every_definition_shown_is_a_right_one() -> None:
    wiring.wire()
    wrong = {
        f"{name_of(page)}: {shown['key']}": problems
        for page in pages()
        for shown in definitions_in(page)
        if (problems := kinds.get(str(shown["kind"])).problems(shown))
    }
    assert wrong == {}
