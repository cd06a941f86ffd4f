import pytest

from regulars.rule_engine.replies_words import names_a_way_out, wants_out


@pytest.mark.parametrize(
    "text", ["TD", "td", " T ", "R。", "ＴＤ", "退订", "退訂!", "STOP", "Stop.", "un-subscribe"]
)
def test_these_answers_end_messages(text: str) -> None:
    assert wants_out(text)


@pytest.mark.parametrize("text", ["", "好的，谢谢", "don't stop", "TD券还能用吗", "1", "Tomorrow"])
def test_these_answers_do_not(text: str) -> None:
    assert not wants_out(text)


@pytest.mark.parametrize(
    "text",
    ["新品到店。回TD退订", "拒收请回复R", "Reply STOP to opt out.", "text “STOP”", "回覆T退訂"],
)
def test_a_text_may_name_the_way_out_itself(text: str) -> None:
    assert names_a_way_out(text)


@pytest.mark.parametrize("text", ["新品到店，欢迎光临", "Reply soon!", "回头客专享", "Send Tea"])
def test_other_texts_name_none(text: str) -> None:
    assert not names_a_way_out(text)
