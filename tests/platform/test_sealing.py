import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.platform.sealing import BrokenSeal, Seal
from regulars.platform.secret_keys import new_key

OLD, NEW = new_key(), new_key()


@given(st.text(), st.text(max_size=40))
def test_what_was_sealed_comes_out_again(text: str, place: str) -> None:
    sealed = Seal([NEW]).seal(text, place)
    assert Seal([NEW]).open(sealed, place) == text


def test_nothing_of_the_text_shows_and_no_two_seals_are_alike() -> None:
    seal = Seal([NEW])
    first, second = seal.seal("JBSWY3DPEHPK3PXP", "a"), seal.seal("JBSWY3DPEHPK3PXP", "a")
    assert first != second
    assert "JBSWY3DP" not in first


def test_an_older_key_opens_and_the_newest_seals() -> None:
    sealed = Seal([OLD]).seal("text", "place")
    both = Seal([NEW, OLD])
    assert both.open(sealed, "place") == "text"
    assert not both.is_fresh(sealed)
    again = both.seal("text", "place")
    assert both.is_fresh(again)
    assert Seal([NEW]).open(again, "place") == "text"


def test_without_its_key_it_stays_closed() -> None:
    with pytest.raises(BrokenSeal):
        Seal([NEW]).open(Seal([OLD]).seal("text", "place"), "place")


def test_it_cannot_be_moved_to_another_place() -> None:
    sealed = Seal([NEW]).seal("text", "second_factor:1")
    with pytest.raises(BrokenSeal):
        Seal([NEW]).open(sealed, "second_factor:2")


@pytest.mark.parametrize("damage", ["", "1", "1.", "2", "x.y.z", "1.00000000.AAAA"])
def test_damaged_text_is_refused(damage: str) -> None:
    with pytest.raises(BrokenSeal):
        Seal([NEW]).open(damage, "place")


@given(st.integers(min_value=0, max_value=10**6))
def test_every_changed_sign_breaks_the_seal(where: int) -> None:
    sealed = Seal([NEW]).seal("some text", "place")
    at = where % len(sealed)
    changed = sealed[:at] + ("A" if sealed[at] != "A" else "B") + sealed[at + 1 :]
    try:
        assert Seal([NEW]).open(changed, "place") == "some text"  # unused bits of base64
    except BrokenSeal:
        return
    assert at >= len(sealed) - 4


def test_what_an_older_key_sealed_is_renewed_once() -> None:
    both, sealed = Seal([NEW, OLD]), Seal([OLD]).seal("text", "place")
    fresh = both.renewed(sealed, "place")
    assert fresh is not None
    assert Seal([NEW]).open(fresh, "place") == "text"
    assert both.renewed(fresh, "place") is None
    assert Seal([NEW]).renewed(sealed, "place") is None  # its key may come back
