from decimal import Decimal

import pytest

from regulars.platform.strict_json import BadJson, parse_json, plain


def test_plain_json_is_read_exactly() -> None:
    value = parse_json(b'{"amount": 480.87, "n": 3, "name": "\xe7\x8e\x8b", "tags": ["a", null]}')
    assert value == {"amount": Decimal("480.87"), "n": 3, "name": "王", "tags": ["a", None]}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "bad-json"),
        (b"{", "bad-json"),
        (b"{} {}", "bad-json"),
        (b"{'a': 1}", "bad-json"),
        (b'{"a": NaN}', "json-not-a-number"),
        (b'{"a": -Infinity}', "json-not-a-number"),
        (b'{"a": 1, "a": 2}', "json-doubled-key"),
        (b'{"x": {"a": 1, "a": 2}}', "json-doubled-key"),
        (b'{"a": "\\u0000"}', "json-bad-text"),
        (b'{"\\u0000": 1}', "json-bad-text"),
        (b'{"a": ["\\ud800"]}', "json-bad-text"),
        (b'{"a": "\xff"}', "json-not-utf8"),
        (b"[" * 100_000, "json-too-deep"),
        (b'{"a":' * 100_000, "json-too-deep"),
        (b"9" * 5000, "json-number-too-long"),
        (b"0." + b"9" * 5000, "json-number-too-long"),
        (b"1e999999", "json-number-too-long"),
    ],
)
def test_s29_what_a_store_could_not_keep_is_refused(body: bytes, code: str) -> None:
    with pytest.raises(BadJson) as caught:
        parse_json(body)
    assert caught.value.code == code
    assert caught.value.status == 400


def test_brackets_inside_texts_are_no_depth() -> None:
    assert parse_json('["' + "[" * 500 + '", "\\"' + "{" * 500 + '"]')[0] == "[" * 500


def test_pairs_of_surrogates_are_one_sign() -> None:
    assert parse_json(b'"\\ud83d\\ude00"') == "\U0001f600"


@pytest.mark.parametrize("locale", ["en", "zh-Hans", "zh-Hant"])
def test_the_refusal_names_the_place(locale: str) -> None:
    with pytest.raises(BadJson) as caught:
        parse_json(b'{"a": 1,\n "b" 2}')
    assert "2" in caught.value.message(locale)


def test_a_number_with_places_stays_a_number_for_the_standard_writer() -> None:
    value = parse_json('{"a": [1.5, 714391.8697984532, 1e3], "b": 0.1234567890123456789}')
    assert plain(value) == {"a": [1.5, 714391.8697984532, 1000], "b": "0.1234567890123456789"}
