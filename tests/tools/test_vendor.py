import gzip
import json
from pathlib import Path

import pytest

from tests.support.house import ROOT
from tools import vendor
from tools.vendor import VendorError

DRAWING = """<!-- @license -->
<svg class="lucide" viewBox="0 0 24 24">
  <path d="M1 1" />
</svg>
"""


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose npm packages come from a folder instead of a registry."""
    root, modules = tmp_path / "root", tmp_path / "node_modules"
    for name in ("package.json", "package-lock.json", ".npmrc", "tools/vendor.py"):
        put(root / name, "{}")
    put(root / "tools" / "icons.txt", "store\nusers\n")
    for source in {*vendor.SERVED.values(), *vendor.FOR_TESTS.values()}:
        put(modules / source, f"content of {source}")
        package = modules / vendor._package_of(source)
        put(package / "package.json", json.dumps({"name": package.name, "version": "1.0.0"}))
        put(package / "LICENSE", "do what you like")
    put(modules / "lucide-static" / "package.json", '{"name": "lucide", "version": "1.0.0"}')
    for icon in ("store", "users"):
        put(modules / "lucide-static" / "icons" / f"{icon}.svg", DRAWING)
    monkeypatch.setattr(vendor, "_fetch", lambda root, scratch: modules)
    return root


def put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_everything_is_built_once(checkout: Path) -> None:
    assert not vendor.is_current(checkout)
    assert vendor.build(checkout)
    assert vendor.is_current(checkout)
    assert not vendor.build(checkout)


@pytest.mark.parametrize("name", ["package-lock.json", "tools/icons.txt", "tools/vendor.py"])
def test_what_it_depends_on_makes_it_stale(checkout: Path, name: str) -> None:
    vendor.build(checkout)
    put(checkout / name, "users\n")
    assert not vendor.is_current(checkout)


def test_text_files_are_packed_and_licences_come_along(checkout: Path) -> None:
    vendor.build(checkout)
    served = checkout / vendor.SERVED_FOLDER
    plain = (served / "htmx" / "htmx.min.js").read_bytes()
    assert gzip.decompress((served / "htmx" / "htmx.min.js.gz").read_bytes()) == plain
    assert "do what you like" in (served / "LICENSES.txt").read_text(encoding="utf-8")


def test_the_sprite_has_a_symbol_for_each_named_icon(checkout: Path) -> None:
    vendor.build(checkout)
    sprite = (checkout / vendor.SERVED_FOLDER / vendor.ICON_SPRITE).read_text(encoding="utf-8")
    assert sprite.count("<symbol") == 2
    assert '<symbol id="store" viewBox="0 0 24 24"><path d="M1 1" /></symbol>' in sprite
    assert "license" not in sprite


def test_an_icon_that_does_not_exist_is_named(checkout: Path) -> None:
    put(checkout / "tools" / "icons.txt", "store\nno-such-icon\n")
    with pytest.raises(VendorError, match="no-such-icon"):
        vendor.build(checkout)


def test_a_wheel_goes_without_the_files_of_the_tests(checkout: Path) -> None:
    vendor.build(checkout, for_tests=False)
    assert vendor.is_current(checkout, for_tests=False)
    assert not (checkout / vendor.TESTS_FOLDER).exists()


def test_a_failed_build_leaves_the_old_files_in_place(checkout: Path) -> None:
    vendor.build(checkout)
    before = (checkout / vendor.SERVED_FOLDER / vendor.ICON_SPRITE).read_bytes()
    put(checkout / "tools" / "icons.txt", "no-such-icon\n")
    with pytest.raises(VendorError):
        vendor.build(checkout)
    assert (checkout / vendor.SERVED_FOLDER / vendor.ICON_SPRITE).read_bytes() == before


def test_the_served_files_of_this_checkout_are_what_is_pinned() -> None:
    assert vendor.is_current(ROOT), "run: python -m tools.vendor"
