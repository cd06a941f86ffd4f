import stat
import zipfile
from pathlib import Path

import pytest

from regulars.platform.errors import Invalid, NotFound
from regulars.seed_templates import pack_files
from regulars.seed_templates.pack_files import read_pack_files
from tests.seed_templates.small_pack import as_bytes, small_files


def zipped(place: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in files.items():
            archive.writestr(name, body)
    return place


def laid_out(folder: Path, files: dict[str, bytes]) -> Path:
    for name, body in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(body)
    return folder


def codes(place: Path) -> set[tuple[str, str]]:
    with pytest.raises(Invalid) as refused:
        read_pack_files(place)
    return {(each.path, each.code) for each in refused.value.problems}


def test_a_folder_and_a_zip_of_the_same_pack_read_alike(tmp_path: Path) -> None:
    files = as_bytes(small_files())
    folder = read_pack_files(laid_out(tmp_path / "pack", files))
    archive = read_pack_files(zipped(tmp_path / "pack.zip", files))
    assert folder.contents == archive.contents == files


def test_names_that_leave_the_pack_are_refused_all_together(tmp_path: Path) -> None:
    place = zipped(
        tmp_path / "slip.zip",
        {
            "pack.json": b"{}",
            "../outside.json": b"{}",
            "/etc/passwd.json": b"{}",
            "forms/../../up.json": b"{}",
            "forms\\windows.json": b"{}",
        },
    )
    assert {code for _path, code in codes(place)} == {"pack-file-name"}
    assert len(codes(place)) == 4


def test_scripts_have_no_place_in_a_pack(tmp_path: Path) -> None:
    place = laid_out(tmp_path / "pack", {"pack.json": b"{}", "install.py": b"print()"})
    assert codes(place) == {("install.py", "pack-file-not-json")}


def test_a_link_to_another_place_is_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret.json"
    secret.write_text("{}")
    folder = laid_out(tmp_path / "pack", {"pack.json": b"{}"})
    (folder / "linked.json").symlink_to(secret)
    assert codes(folder) == {("linked.json", "pack-file-is-link")}


def test_a_link_inside_a_zip_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "links.zip"
    with zipfile.ZipFile(place, "w") as archive:
        entry = zipfile.ZipInfo("linked.json")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, "/etc/passwd")
    assert codes(place) == {("linked.json", "pack-file-is-link")}


def test_a_locked_entry_is_refused(tmp_path: Path) -> None:
    place = zipped(tmp_path / "locked.zip", {"pack.json": b"{}"})
    body = bytearray(place.read_bytes())
    directory = body.index(b"PK\x01\x02")
    body[directory + 8] |= 1  # the flag "encrypted" of the central directory
    place.write_bytes(bytes(body))
    assert codes(place) == {("pack.json", "pack-file-locked")}


def test_names_that_differ_only_by_case_are_doubles(tmp_path: Path) -> None:
    place = zipped(tmp_path / "twice.zip", {"forms/a.json": b"{}", "forms/A.json": b"{}"})
    assert codes(place) == {("forms/A.json", "pack-file-doubled")}


def test_a_file_that_grows_when_unpacked_is_refused(tmp_path: Path) -> None:
    place = zipped(tmp_path / "bomb.zip", {"pack.json": b" " * (64 * 1024 * 1024)})
    assert place.stat().st_size < 100_000
    assert codes(place) == {("pack.json", "pack-file-too-large")}


def test_an_entry_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    """The header says one byte; what comes out is measured."""
    place = zipped(tmp_path / "liar.zip", {"pack.json": b" " * (4 * 1024 * 1024)})
    body = bytearray(place.read_bytes())
    directory = body.index(b"PK\x01\x02")
    body[directory + 24 : directory + 28] = (1).to_bytes(4, "little")
    place.write_bytes(bytes(body))
    with pytest.raises(Invalid):
        read_pack_files(place)


def test_the_whole_pack_has_a_cap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pack_files, "MAX_TOTAL_BYTES", 1000)
    place = laid_out(tmp_path / "pack", {f"forms/f{n}.json": b" " * 400 for n in range(4)})
    assert codes(place) == {("", "pack-too-large")}


def test_the_number_of_files_has_a_cap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pack_files, "MAX_FILES", 3)
    place = laid_out(tmp_path / "pack", {f"forms/f{n}.json": b"{}" for n in range(4)})
    assert codes(place) == {("", "pack-too-many-files")}


def test_what_is_no_zip_is_said_to_be_none(tmp_path: Path) -> None:
    place = tmp_path / "notes.zip"
    place.write_bytes(b"just some words")
    assert codes(place) == {("", "pack-not-a-zip")}


def test_a_place_with_nothing_in_it_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        read_pack_files(tmp_path / "nowhere")
