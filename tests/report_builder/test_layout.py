from typing import Any

from regulars.report_builder.layout import add_card, cards_of, move_card, remove_card, resize_card


def board(*widths: int) -> dict[str, Any]:
    cards = [{"report": f"r{n}", "x": 0, "y": n, "w": w, "h": 2} for n, w in enumerate(widths)]
    return {"key": "d", "cards": cards}


def names(dashboard: dict[str, Any]) -> list[str]:
    return [card["report"] for card in cards_of(dashboard)]


def test_cards_fill_rows_of_twelve_columns() -> None:
    done = add_card(board(6, 6), "new", 6, 4)

    assert [(card["x"], card["y"]) for card in done["cards"]] == [(0, 0), (6, 0), (0, 2)]


def test_a_report_stands_on_a_dashboard_once() -> None:
    assert names(add_card(board(6), "r0", 6, 4)) == ["r0"]


def test_cards_move_to_the_front_and_back_but_not_off_the_board() -> None:
    assert names(move_card(board(6, 6, 6), 2, -1)) == ["r0", "r2", "r1"]
    assert names(move_card(board(6, 6, 6), 0, -1)) == ["r0", "r1", "r2"]
    assert names(move_card(board(6, 6, 6), 2, 1)) == ["r0", "r1", "r2"]
    assert names(move_card(board(6, 6), 7, -1)) == ["r0", "r1"]


def test_cards_get_wider_and_narrower_within_limits() -> None:
    assert resize_card(board(6), 0, 1)["cards"][0]["w"] == 8
    assert resize_card(board(12), 0, 1)["cards"][0]["w"] == 12
    assert resize_card(board(3), 0, -1)["cards"][0]["w"] == 3
    assert resize_card(board(7), 0, -1)["cards"][0]["w"] == 4


def test_a_removed_card_leaves_no_hole() -> None:
    done = remove_card(board(6, 6, 6), 0)

    assert [(card["report"], card["x"], card["y"]) for card in done["cards"]] == [
        ("r1", 0, 0),
        ("r2", 6, 0),
    ]
