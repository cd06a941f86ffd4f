"""A little chaos: orders come in, twice sometimes, while workers die at random. The long run with
a whole installation is ``python -m benchmarks.chaos``."""

import random

import pytest

from regulars.rule_engine.standing import retry_run
from tests.faults.test_f01_killed_worker import POINTS
from tests.support.busy_shop import LAPSED_PEOPLE, PEOPLE, finish
from tests.support.rule_faults import LedgerMailer, assert_sound, in_child, wait_for
from tests.support.rule_shop import SYSTEM, RuleShop

ROUNDS = 8


def play(shop: RuleShop, mailer: LedgerMailer, rounds: int, seed: int) -> None:
    """So many rounds of two workers of which at least one dies; then everything must be there."""
    chance = random.Random(seed)
    people = []
    for _ in range(rounds):
        for _ in range(chance.randrange(3)):
            people.append(shop.customer(email=f"n{len(people)}@example.com"))
            shop.consent(people[-1], channel="email")
            shop.order(people[-1])
        faults = [f"{chance.choice(POINTS).partition('@')[0]}@{chance.randint(1, 4)}:kill"]
        faults.append("" if chance.random() < 0.5 else f"{chance.choice(POINTS)}:kill")
        crowd = [in_child(shop.database, each, lambda: finish(shop, mailer)) for each in faults]
        for child in crowd:
            wait_for(child)
    finish(shop, mailer)
    take_up_again(shop, mailer)
    assert_sound(shop, mailer)
    assert len(shop.runs("thanks")) == PEOPLE + len(people), seed
    texts = shop.messages(channel="sms")
    assert len(texts) == PEOPLE + LAPSED_PEOPLE + len(people), seed
    assert {m.status for m in texts} == {"sent"}, seed
    mails = {m.status for m in shop.messages(channel="email")}
    assert mails <= {"sent", "unknown"}, seed


def take_up_again(shop: RuleShop, mailer: LedgerMailer) -> None:
    """Runs whose workers died ten times over wait for a person, who lets them go on."""
    stuck = shop.runs(status="stuck")
    with shop.work() as uow:
        for each in stuck:
            retry_run(uow, SYSTEM, each.id)
    finish(shop, mailer)


def test_some_rounds_of_random_deaths_lose_and_double_nothing(
    busy: RuleShop, mailer: LedgerMailer
) -> None:
    play(busy, mailer, ROUNDS, random.randrange(10**6))


@pytest.mark.full
@pytest.mark.parametrize("seed", range(20))
def test_many_rounds_of_random_deaths_lose_and_double_nothing(
    busy: RuleShop, mailer: LedgerMailer, seed: int
) -> None:
    play(busy, mailer, 60, seed)
