"""What pictures become: upright, small, bare; and what is said of those that are refused."""

import io
import struct
import zlib

import pytest
from PIL import Image, ImageCms, PngImagePlugin

from regulars.platform.blobs import looking
from regulars.platform.blobs.looking import look_at
from tests.support.uploads import HTML, SVG, picture

CANARY = "canary in the mine"


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def placed() -> Image.Exif:
    exif = Image.Exif()
    exif[0x010F] = CANARY  # who made the camera
    exif.get_ifd(0x8825)[1] = "N"  # where the picture was taken
    exif.get_ifd(0x8825)[29] = CANARY
    return exif


def with_texts() -> PngImagePlugin.PngInfo:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Comment", CANARY)
    texts.add_itxt("XML:com.adobe.xmp", CANARY)
    return texts


def profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


TALKATIVE = {
    "JPEG": picture("JPEG", exif=placed(), comment=CANARY.encode(), xmp=CANARY.encode()),
    "PNG": picture("PNG", exif=placed(), pnginfo=with_texts()),
    "GIF": picture("GIF", comment=CANARY.encode()),
    "WEBP": picture("WEBP", exif=placed(), xmp=CANARY.encode()),
    "JPEG with a profile": picture("JPEG", icc_profile=profile(), comment=CANARY.encode()),
    "JPEG with a file behind it": picture("JPEG") + b"PK\x03\x04" + CANARY.encode(),
}


@pytest.mark.parametrize("name", TALKATIVE)
def test_nothing_but_the_points_of_a_picture_is_kept(name: str) -> None:
    assert CANARY.encode() in TALKATIVE[name] or name == "PNG"
    look = look_at(TALKATIVE[name])
    for kept in (look.content, look.thumbnail or b""):
        again = opened(kept)
        again.load()
        assert CANARY.encode() not in kept
        assert not again.getexif()
        assert not {"comment", "icc_profile", "xmp", "exif", "Comment"} & set(again.info)


def test_a_picture_taken_sideways_stands_upright_and_says_so_no_more() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter
    look = look_at(picture("JPEG", (640, 400), exif=exif))
    assert (look.width, look.height) == (400, 640)
    assert opened(look.content).size == (400, 640)
    assert opened(look.thumbnail or b"").size == (200, 320)


def test_a_huge_photo_is_kept_in_the_size_of_a_screen() -> None:
    look = look_at(picture("JPEG", (6000, 3000)))
    assert (look.width, look.height) == (4000, 2000)


def test_transparent_places_stay_transparent() -> None:
    clear = io.BytesIO()
    Image.new("RGBA", (8, 8), (255, 0, 0, 0)).save(clear, "PNG")
    assert opened(look_at(clear.getvalue()).content).getpixel((1, 1))[3] == 0  # type: ignore[index]


def test_colours_of_a_wide_profile_are_brought_into_those_of_the_web() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    for odd in (lab, b"no profile at all"):
        look = look_at(picture("JPEG", icc_profile=odd))
        assert look.why_not == ""
        assert opened(look.content).mode == "RGB"


def test_a_phones_picture_with_a_second_shot_behind_it_is_a_picture() -> None:
    out = io.BytesIO()
    first, second = (Image.new("RGB", (64, 48), colour) for colour in ("orange", "green"))
    first.save(out, "MPO", save_all=True, append_images=[second])
    look = look_at(out.getvalue())
    assert (look.media_type, look.why_not) == ("image/jpeg", "")
    assert opened(look.content).format == "JPEG"


def moving(kind: str) -> bytes:
    out = io.BytesIO()
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "green", "blue")]
    frames[0].save(out, kind, save_all=True, append_images=frames[1:], duration=100)
    return out.getvalue()


def bomb() -> bytes:
    """Some hundred bytes that say they were 60,000 × 60,000 points."""

    def chunk(name: bytes, body: bytes) -> bytes:
        whole = name + body
        return struct.pack(">I", len(body)) + whole + struct.pack(">I", zlib.crc32(whole))

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    parts = (chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(b"\0" * 999)), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def written(kind: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (moving("GIF"), "picture-animated"),
        (moving("PNG"), "picture-animated"),
        (moving("WEBP"), "picture-animated"),
        (bomb(), "picture-too-large"),
        (picture()[:60], "picture-broken"),
        (written("BMP"), "picture-format"),
        (written("TIFF"), "picture-format"),
        (SVG, "picture-format"),
        (HTML, "picture-format"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "picture-format"),
    ],
)
def test_what_is_not_shown_is_kept_as_it_is_and_says_why(content: bytes, code: str) -> None:
    look = look_at(content)
    assert (look.why_not, look.content, look.thumbnail) == (code, content, None)
    assert not look.media_type.startswith("image/")


def test_a_picture_of_too_many_points_is_not_even_decoded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(looking, "MOST_PIXELS", 1000)
    content, decoded = picture(), list[str]()
    monkeypatch.setattr(Image.Image, "load", lambda self: decoded.append("once"))
    assert look_at(content).why_not == "picture-too-large"
    assert decoded == []
