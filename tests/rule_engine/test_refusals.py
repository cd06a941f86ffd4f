"""What was wrong, in the reader's words."""

import pytest

from regulars.form_builder.catalog import catalog_of
from regulars.platform.accounts.access import system_access
from regulars.platform.problems import Problem
from regulars.rule_engine.definition import Rule
from regulars.rule_engine.refusals import kept_problem, problem_words, refusal_words
from regulars.rule_engine.speaking import speaker
from tests.support.rule_shop import RuleShop, journey


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (Problem("code", "not-unique", {"value": "13800138000"}),
         "code: Another record already has “this value”."),
        (Problem("amount", "too-many-decimals", {"value": "1.234", "n": 2}),
         "amount: this value has more than 2 decimal places."),
        (Problem("amount", "check-failed", {}, {"en": "Never below zero", "zh-Hans": "不能为负"}),
         "amount: Never below zero"),
        (Problem("code", "a-code-of-an-older-release"), "code: The value does not fit."),
        (Problem("hidden", "required"), None),
    ],
)  # fmt: skip
def test_a_refused_record_says_field_by_field_what_was_wrong(
    shop: RuleShop, problem: Problem, words: str | None
) -> None:
    kept = kept_problem(problem)
    assert "13800138000" not in str(kept)
    reason = {"code": "record-refused", "form": "coupons", "problems": [kept]}
    with shop.work() as uow:
        told = refusal_words(catalog_of(uow), "en", reason)
    assert told == ([] if words is None else [words])


def test_a_problem_of_a_rule_names_its_place(shop: RuleShop) -> None:
    rule = Rule.from_json(journey())
    with shop.work() as uow:
        say = speaker(uow, system_access("en"))
    required = [problem_words(say, rule, Problem(path, "required")) for path in (
        "steps/0/message", "goal/form", "",
    )]  # fmt: skip
    assert required == [
        "send text message “hello”: Please fill this in.",
        "Goal: Please fill this in.",
        "Please fill this in.",
    ]
