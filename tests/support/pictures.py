"""Pictures for the guides, taken while tests walk through what a guide says.

With ``--pictures`` they are written to ``docs/guide/pictures/<guide>/<name>.<language>.png``, in
few colours so that they stay small; without it a test only looks whether something is there.
"""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageChops
from playwright.sync_api import Locator, Page, expect

from tests.support.house import ROOT, catalogs

FOLDER = ROOT / "docs" / "guide" / "pictures"
LANGUAGES = ("en", "zh-Hans")
MOST_BYTES = 60_000
COLOURS = (128, 64, 32, 16)

Picture = Callable[..., None]
Say = Callable[..., str]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "language" in metafunc.fixturenames:
        metafunc.parametrize("language", LANGUAGES, scope="session")


@pytest.fixture
def say(language: str) -> Say:
    """``say("forms.publish")``: what the page calls it in the language of the test."""
    texts = catalogs(language)
    return lambda key, **values: texts[key].format(**values)


@pytest.fixture
def picture(request: pytest.FixtureRequest, language: str) -> Picture:
    """``picture(page, "design-a-form/start")``: what is seen now, or one part of it (``of``)."""
    wanted = request.config.getoption("--pictures")

    def take(page: Page, name: str, of: Locator | None = None) -> None:
        shown = of or page.locator("main")
        expect(shown).to_be_visible()
        expect(page.locator("html")).to_have_attribute("lang", language)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        if wanted:
            keep(FOLDER / f"{name}.{language}.png", _shot(page, of))

    return take


def _shot(page: Page, of: Locator | None) -> bytes:
    page.wait_for_load_state("networkidle")
    page.evaluate("document.fonts.ready.then(() => null)")
    return (of or page).screenshot(animations="disabled", caret="hide")


def keep(path: Path, shot: bytes) -> None:
    """Write the picture in as many colours as fit; one that looks the same stays untouched."""
    with Image.open(BytesIO(shot)) as full:
        image = full.convert("RGB")
    for colours in COLOURS:
        written = _in_few_colours(image, colours)
        if len(written) <= MOST_BYTES:
            break
    else:
        raise AssertionError(f"{path.name} is too large: show less of the page")
    if not _looks_like(path, written):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(written)


def _in_few_colours(image: Image.Image, colours: int) -> bytes:
    buffer = BytesIO()
    few = image.quantize(colours, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    few.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _looks_like(path: Path, written: bytes) -> bool:
    if not path.is_file():
        return False
    with Image.open(path) as old, Image.open(BytesIO(written)) as new:
        before, after = old.convert("RGB"), new.convert("RGB")
    return before.size == after.size and ImageChops.difference(before, after).getbbox() is None
