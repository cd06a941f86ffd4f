"""Which encoding a file is in is found out without asking."""

import codecs
from pathlib import Path

import pytest

from regulars.form_builder.importing.encodings import canonical_encoding, guess_encoding

CHINESE = "姓名,手机,备注\n王芳,13800138000,老顾客，喜欢龙井茶\n李雷,13900139000,下次记得打折\n"
TRADITIONAL = (
    "姓名,電話,備註\n王芳,0912345678,老顧客，喜歡烏龍茶\n陳大文,0922333444,下次記得打折\n"
)


def write(folder: Path, data: bytes) -> Path:
    path = folder / "file.csv"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("text", "encoding", "expected"),
    [
        (CHINESE, "utf-8", "utf-8"),
        (CHINESE, "utf-8-sig", "utf-8-sig"),
        (CHINESE, "gbk", "gb18030"),
        (CHINESE + "𠮷野家,1,䶮\n", "gb18030", "gb18030"),
        (TRADITIONAL, "big5", "big5"),
        (CHINESE, "utf-16", "utf-16"),
        ("name,city\nAnn,Leeds\n", "utf-16-le", "utf-16-le"),
        ("name,city\nAnn,Leeds\n", "utf-16-be", "utf-16-be"),
        ("name,city\nAnn,Leeds\n", "ascii", "utf-8"),
        ("name,price\nCafé crème,£3.40\nNaïve,£12.00\n", "cp1252", "cp1252"),
    ],
)
def test_it_is_found(tmp_path: Path, text: str, encoding: str, expected: str) -> None:
    guessed = guess_encoding(write(tmp_path, text.encode(encoding)))
    assert guessed == expected
    assert (tmp_path / "file.csv").read_text(guessed) == text


def test_a_mark_of_the_other_byte_order_is_understood(tmp_path: Path) -> None:
    path = write(tmp_path, codecs.BOM_UTF16_BE + CHINESE.encode("utf-16-be"))
    assert path.read_text(guess_encoding(path)) == CHINESE


def test_a_few_broken_bytes_do_not_turn_utf8_into_something_else(tmp_path: Path) -> None:
    damaged = CHINESE.encode() * 20 + b"broken,\xff\xfe,\n"
    assert guess_encoding(write(tmp_path, damaged)) == "utf-8"


def test_a_late_chinese_line_still_decides(tmp_path: Path) -> None:
    late = b"name,city\n" * 200_000 + CHINESE.encode("gbk")
    assert guess_encoding(write(tmp_path, late)) == "gb18030"


@pytest.mark.parametrize(
    ("named", "known"),
    [
        ("GBK", "gb18030"),
        ("gb2312", "gb18030"),
        ("ANSI", "cp1252"),
        ("UTF_8", "utf-8"),
        ("hex", None),
    ],
)
def test_names_people_use_are_understood(named: str, known: str | None) -> None:
    assert canonical_encoding(named) == known
