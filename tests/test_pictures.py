"""The pictures of the guides: each is shown, has words beside it, and is taken by a test."""

import ast
import re

from tests.support.house import LOCALES, ROOT, calls, name_of, python_files, read, syntax_of
from tests.support.pictures import FOLDER, LANGUAGES, MOST_BYTES

GUIDES = ROOT / "docs" / "guide"
SHOWN = re.compile(r"!\[([^\]]*)\]\(pictures/([^)\s]+)\)")


def shown() -> dict[str, dict[str, str]]:
    """The words beside each picture, by guide and file."""
    return {
        page.name: {file: words for words, file in SHOWN.findall(read(page))}
        for page in sorted(GUIDES.glob("*.md"))
    }


def language_of(page: str) -> str:
    parts = page.split(".")
    return parts[1] if len(parts) == 3 else "en"


def taken() -> set[str]:
    """The names that tests give to the pictures they take."""
    found = set()
    for path in python_files(ROOT / "tests" / "guides"):
        for name, call in calls(syntax_of(path)):
            if name == "picture":
                where = call.args[1]
                assert isinstance(where, ast.Constant), f"{name_of(path)}: write the name out"
                found.add(str(where.value))
    return found


def test_every_picture_is_shown_by_the_guide_it_was_taken_for() -> None:
    wanted = {f"{name}.{language}.png" for name in taken() for language in LANGUAGES}
    in_guides = {file for pictures in shown().values() for file in pictures}
    on_disk = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.is_file()}
    assert wanted
    assert in_guides == wanted, "every name that a test takes, in both languages"
    assert on_disk == wanted, "run: python -m tools.pictures"


def test_a_guide_shows_its_own_pictures_in_its_own_language() -> None:
    for page, pictures in shown().items():
        for file in pictures:
            guide, _, name = file.partition("/")
            assert page.split(".")[0] == guide
            assert name.split(".")[1] == language_of(page)


def test_every_picture_has_words_for_those_who_cannot_see_it() -> None:
    assert [
        (page, file)
        for page, pictures in shown().items()
        for file, words in pictures.items()
        if len(words.split()) < 4 and not (language_of(page) in LOCALES[:2] and len(words) > 7)
    ] == []


def test_pictures_stay_small() -> None:
    sizes = {name_of(path): path.stat().st_size for path in FOLDER.rglob("*.png")}
    assert {name: size for name, size in sizes.items() if size > MOST_BYTES} == {}
