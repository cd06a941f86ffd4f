"""How far an approval is: by examples, and whatever people do in whatever order."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.form_builder.flow.definition import NEEDS
from regulars.form_builder.flow.signing import LIVE, Progress, Slot, progress, with_extra


def in_a_row(*states: str) -> list[Slot]:
    return [Slot(n, state, n - 1 or None) for n, state in enumerate(states, 1)]


@pytest.mark.parametrize(
    ("needs", "slots", "wanted"),
    [
        ("one", [Slot(1, "waiting"), Slot(2, "waiting")], Progress((1, 2))),
        ("one", [Slot(1, "open"), Slot(2, "approved")], Progress((), (1,), True)),
        ("all", [Slot(1, "open"), Slot(2, "approved")], Progress()),
        ("all", [Slot(1, "approved"), Slot(2, "approved")], Progress((), (), True)),
        ("in_order", in_a_row("waiting", "waiting"), Progress((1,))),
        ("in_order", in_a_row("approved", "waiting"), Progress((2,))),
        ("in_order", in_a_row("approved", "approved"), Progress((), (), True)),
        # whoever was asked by somebody who need not sign any more need not sign either
        ("one", [Slot(1, "approved"), Slot(2, "waiting", 3), Slot(3, "open", None, 2)],
         Progress((), (2, 3), True)),
        # one signature is enough, but its signer asked for another one behind
        ("one", [Slot(1, "approved"), Slot(2, "open"), Slot(3, "waiting", 1, 1)],
         Progress((3,), (2,))),
    ],
)  # fmt: skip
def test_what_follows_from_signatures(needs: str, slots: list[Slot], wanted: Progress) -> None:
    assert progress(needs, slots) == wanted


def test_one_asked_before_signs_first_and_one_asked_behind_signs_before_the_next() -> None:
    before = with_extra(in_a_row("open", "waiting"), 1, 9, before=True)
    assert progress("in_order", before).opened == (9,)
    signed = [replace(each, state="approved") if each.id == 9 else each for each in before]
    assert progress("in_order", signed).opened == (1,)
    behind = with_extra(in_a_row("approved", "waiting"), 1, 9, before=False)
    assert progress("in_order", behind).opened == (9,)


def begun(needs: str, n: int) -> list[Slot]:
    slots = [Slot(k, "waiting", (k - 1 or None) if needs == "in_order" else None)
             for k in range(1, n + 1)]  # fmt: skip
    return went_on(needs, slots)[0]


def went_on(needs: str, slots: list[Slot]) -> tuple[list[Slot], bool]:
    found = progress(needs, slots)
    known = {**dict.fromkeys(found.opened, "open"), **dict.fromkeys(found.skipped, "skipped")}
    return [replace(s, state=known.get(s.id, s.state)) for s in slots], found.done


@given(
    st.sampled_from(NEEDS),
    st.integers(1, 4),
    st.lists(st.tuples(st.sampled_from(("sign", "before", "behind")), st.integers(0, 9))),
)
def test_somebody_is_always_asked_until_it_is_done(
    needs: str, n: int, steps: list[tuple[str, int]]
) -> None:
    slots, done, fresh = begun(needs, n), False, 100
    signs = [("sign", 0)] * 40
    for step, chosen in [*steps[:12], *signs]:
        turns = [each for each in slots if each.state == "open"]
        assert bool(turns) != done, "either it is done or somebody is asked"
        if needs == "in_order":
            assert len(turns) <= 1
        if done:
            break
        by = turns[chosen % len(turns)].id
        if step == "sign":
            slots = [replace(s, state="approved") if s.id == by else s for s in slots]
        else:
            fresh += 1
            slots = with_extra(slots, by, fresh, before=step == "before")
        slots, done = went_on(needs, slots)
    assert done
    assert not any(each.state in LIVE for each in slots)
