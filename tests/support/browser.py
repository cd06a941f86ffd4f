"""A real Chromium, driven by Playwright, that can reach nothing but this machine."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Route,
    sync_playwright,
)

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 360, "height": 780}
AXE = Path(__file__).resolve().parents[2] / ".vendor" / "axe.min.js"


def find_browser() -> str | None:
    """REGULARS_BROWSER, or the first known name on PATH, or the one Playwright fetched."""
    named = os.environ.get("REGULARS_BROWSER")
    return named or next(filter(None, map(shutil.which, NAMES)), None) or _fetched_browser()


def _fetched_browser() -> str | None:
    chosen = os.environ.get("PLAYWRIGHT_BROWSERS_PATH")
    usual = (Path.home() / ".cache", Path.home() / "Library" / "Caches")
    folders = [Path(chosen)] if chosen else [each / "ms-playwright" for each in usual]
    found = [
        program
        for folder in folders
        for pattern in ("headless_shell", "chrome-headless-shell")
        for program in folder.glob(f"chromium_headless_shell-*/*/{pattern}")
    ]
    return str(max(found)) if found else None


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the session; each test has a context of its own in it."""
    program = find_browser()
    assert program is not None, f"no Chromium here; install one of {', '.join(NAMES)}"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield launched
        launched.close()


@pytest.fixture
def open_context(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Make contexts (a second person, a phone); closed at the end of the test.

    A test fails at the end when a page had an error in its scripts, a console error, or wanted
    something from another machine. ``context.complaints`` holds them; a test that expects one
    clears the list.
    """
    contexts: list[BrowserContext] = []

    def make(**settings: Any) -> BrowserContext:
        context = browser.new_context(**{"viewport": DESKTOP, "locale": "zh-CN", **settings})
        context.set_default_timeout(15_000)
        _listen(context)
        contexts.append(context)
        return context

    yield make
    complaints = [each for context in contexts for each in complaints_of(context)]
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def page(open_context: Callable[..., BrowserContext]) -> Page:
    """A desktop page in Chinese."""
    return open_context().new_page()


@pytest.fixture
def phone(open_context: Callable[..., BrowserContext]) -> Page:
    """A page on a phone: 360 pixels wide, with touch."""
    return open_context(viewport=PHONE, has_touch=True, is_mobile=True).new_page()


def complaints_of(context: BrowserContext) -> list[str]:
    """What went wrong in the pages of this context so far."""
    complaints: list[str] = context.complaints  # type: ignore[attr-defined]
    return complaints


def _listen(context: BrowserContext) -> None:
    complaints: list[str] = []
    context.complaints = complaints  # type: ignore[attr-defined]

    def hear(message: ConsoleMessage) -> None:
        if message.type == "error" and "status of 4" not in message.text:
            complaints.append(f"{message.text} at {message.location.get('url')}")

    def guard(route: Route) -> None:
        if route.request.url.startswith(("http://127.0.0.1:", "data:", "blob:")):
            route.continue_()
            return
        complaints.append(f"a page wanted {route.request.url}")
        route.abort()

    context.on("console", hear)
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    context.route("**/*", guard)


def drag(page: Page, what: Locator, onto: Locator, *, below: bool = False) -> None:
    """Drag with the mouse the way a person does: press, set off, go there in steps, let go."""
    what.scroll_into_view_if_needed()
    start, goal = what.bounding_box(), onto.bounding_box()
    assert start is not None
    assert goal is not None
    page.mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
    page.mouse.down()
    page.mouse.move(start["x"] + start["width"] / 2 + 6, start["y"] + 6, steps=2)
    height = goal["height"] * (0.8 if below else 0.2)
    page.mouse.move(goal["x"] + goal["width"] / 2, goal["y"] + height, steps=8)
    page.wait_for_timeout(80)  # the page takes the thing up, then looks every 50 ms what is below
    page.mouse.move(goal["x"] + goal["width"] / 2 + 2, goal["y"] + height + 1)
    page.wait_for_timeout(120)
    page.mouse.up()


_AT_REST = """() => document.getAnimations().every((each) =>
    each.playState !== "running" || each.effect.getTiming().iterations === Infinity)"""


def accessibility_problems(page: Page) -> list[str]:
    """What axe calls serious or critical, one line each with the element it is about.

    What still fades in has another contrast than what a reader will see: it is waited for.
    """
    page.wait_for_function(_AT_REST)
    page.evaluate(AXE.read_text(encoding="utf-8") + "; undefined")
    found = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{violation['id']}: {violation['help']} — {node['html'][:160]}"
        for violation in found["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]


def look(page: Page, locale: str, name: str) -> None:
    """A page is usable by everybody and never wider than the screen; its picture if wanted."""
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"{name} is {wide} pixels too wide"
    assert accessibility_problems(page) == []
    folder = os.environ.get("REGULARS_SCREENSHOTS")
    if folder:
        width = page.evaluate("innerWidth")
        page.screenshot(path=f"{folder}/{name}-{locale}-{width}.png", full_page=True)
