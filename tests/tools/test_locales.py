import json
from pathlib import Path

from tools.locales import Mending, outdated, to_traditional

NOTHING = Mending({}, {})


def test_words_are_those_of_the_place_and_parameters_stay() -> None:
    made = to_traditional({"sent": "短信已发给 {name}，共 {n} 条"}, NOTHING)
    assert made == {"sent": "簡訊已發給 {name}，共 {n} 條"}


def test_a_word_is_mended_everywhere_and_a_text_as_a_whole() -> None:
    mending = Mending({"看板": "儀表板"}, {"b": "另一句"})
    assert to_traditional({"a": "打开看板", "b": "看板"}, mending) == {
        "a": "開啟儀表板",
        "b": "另一句",
    }


def test_missing_and_stale_files_are_found(tmp_path: Path) -> None:
    area = tmp_path / "records"
    area.mkdir()
    (area / "zh-Hans.json").write_text('{"a": "门店"}', encoding="utf-8")
    target = area / "zh-Hant.json"

    missing = outdated(tmp_path, NOTHING)
    assert list(missing) == [target]
    assert json.loads(missing[target]) == {"a": "門店"}

    target.write_text(missing[target], encoding="utf-8")
    assert outdated(tmp_path, NOTHING) == {}

    (area / "zh-Hans.json").write_text('{"a": "门店", "b": "短信"}', encoding="utf-8")
    assert list(outdated(tmp_path, NOTHING)) == [target]
