"""S08: whatever is handed in, no browser runs it and no picture carries anything along."""

import io
from typing import Any

import pytest
from PIL import Image
from werkzeug.test import TestResponse

from regulars.platform.blobs import service
from tests.support.site import Site, Visitor
from tests.support.uploads import HTML, PDF, PHP, SVG, picture

FILES = "/api/v1/files"


class Door:
    """A program that hands files in and asks for them."""

    def __init__(self, site: Site) -> None:
        self.client: Visitor = site.visitor()
        self.head = site.token()

    def hand_in(self, content: bytes, name: str, claimed: str = "image/png") -> TestResponse:
        given = {"file": (io.BytesIO(content), name, claimed)}
        return self.client.post(FILES, data=given, headers=self.head)

    def show(self, content: bytes, name: str) -> TestResponse:
        """As an entry form does for a field of pictures."""
        given = {"file": (io.BytesIO(content), name, "image/png"), "only": "picture"}
        return self.client.post(FILES, data=given, headers=self.head)

    def fetch(self, made: Any, size: str = "") -> TestResponse:
        where = f"{FILES}/{made['id']}/content{size}"
        return self.client.get(where, headers=self.head)


@pytest.fixture
def door(site: Site) -> Door:
    return Door(site)


ATTACKS = {
    "photo.svg": SVG,
    "photo.jpg": HTML,
    "shell.phtml": PHP,
    "invoice.pdf": PDF,
    "gif.gif": b"GIF89a/*" + b"\x00" * 20 + b"*/=alert(1)//",
    "half.png": picture()[:60],
    "nothing.bin": b"\x00",
}


@pytest.mark.parametrize("name", ATTACKS)
def test_active_content_is_only_ever_downloaded(door: Door, name: str) -> None:
    made = door.hand_in(ATTACKS[name], name)
    assert made.status_code == 201
    answer = door.fetch(made.json)
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.mimetype in ("application/octet-stream", "application/pdf")
    assert answer.data == ATTACKS[name]


@pytest.mark.parametrize("name", ATTACKS)
def test_what_is_no_picture_is_refused_where_pictures_are_wanted(door: Door, name: str) -> None:
    refused = door.show(ATTACKS[name], name)
    assert refused.status_code == 422
    codes = [problem["code"] for problem in refused.get_json()["problems"]]
    assert codes in (["picture-format"], ["picture-broken"])
    assert door.show(picture(), name).status_code == 201


def test_files_are_asked_for_by_known_words_only(door: Door) -> None:
    given = {"file": (io.BytesIO(picture()), "a.png"), "only": "<script>"}
    refused = door.client.post(FILES, data=given, headers=door.head)
    assert (refused.status_code, refused.get_json()["problems"][0]["path"]) == (422, "only")


def test_a_picture_is_written_anew_so_that_nothing_hides_in_it(door: Door) -> None:
    exif = Image.Exif()
    exif[0x010E] = "secret words"
    polyglot = picture("JPEG", exif=exif) + b"PK\x03\x04" + HTML
    made = door.hand_in(polyglot, "me.jpg")
    answer = door.fetch(made.json)
    assert answer.mimetype == "image/jpeg"
    assert answer.headers["Content-Disposition"].startswith("inline;")
    assert b"secret words" not in answer.data
    assert b"<script>" not in answer.data
    assert Image.open(io.BytesIO(answer.data)).size == (640, 400)


def test_a_thumbnail_is_small(door: Door) -> None:
    made = door.hand_in(picture("WEBP", (3000, 1000)), "wide.webp").json
    assert (made["type"], made["width"], made["height"]) == ("image/webp", 3000, 1000)
    small = Image.open(io.BytesIO(door.fetch(made, "?size=thumbnail").data))
    assert (small.format, small.size) == ("PNG", (320, 107))


def test_a_picture_that_would_burst_is_kept_as_bytes_only(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("regulars.platform.blobs.looking.MOST_PIXELS", 1000)
    made = door.hand_in(picture(), "big.png").json
    assert (made["type"], made["width"]) == ("application/octet-stream", None)


def test_empty_and_oversized_files_are_refused(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert door.hand_in(b"", "none.txt").status_code == 422
    monkeypatch.setattr(service, "LARGEST", 100)
    assert door.hand_in(b"x" * 101, "large.txt").status_code == 413
    assert door.client.post(FILES, data={}, headers=door.head).status_code in (415, 422)


def test_a_file_is_for_who_may_read_the_record(site: Site, door: Door) -> None:
    made = door.hand_in(picture(), "mine.png").json
    other = site.token("clerk")
    for where in ("", "/content"):
        answer = door.client.get(f"{FILES}/{made['id']}{where}", headers=other)
        assert answer.status_code == 404
    assert door.client.get(f"{FILES}/{made['id']}/content").status_code == 401
    assert door.client.get(f"{FILES}/999/content", headers=door.head).status_code == 404
