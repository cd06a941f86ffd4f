from concurrent.futures import ThreadPoolExecutor

from regulars.platform.accounts.units import list_units
from tests.support.clocks import MovableClock
from tests.support.site import Site


def store(code: str) -> dict[str, str]:
    return {"code": code, "name": "Store"}


def codes(site: Site) -> list[str]:
    with site.database.workspace_tx(site.workspace, write=False) as uow:
        return [each.code for each in list_units(uow)]


def test_the_same_key_and_body_is_done_once(site: Site) -> None:
    headers = {**site.token(), "Idempotency-Key": "till-1"}
    first = site.visitor().post("/api/v1/units", json=store("A"), headers=headers)
    second = site.visitor().post("/api/v1/units", json=store("A"), headers=headers)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json == second.json
    assert second.headers["Idempotent-Replayed"] == "true"
    assert codes(site) == ["A"]


def test_the_same_key_with_another_body_is_a_conflict(site: Site) -> None:
    headers = {**site.token(), "Idempotency-Key": "till-1"}
    site.visitor().post("/api/v1/units", json=store("A"), headers=headers)
    other = site.visitor().post("/api/v1/units", json=store("B"), headers=headers)
    assert other.status_code == 409
    assert codes(site) == ["A"]


def test_a_refusal_is_not_kept(site: Site) -> None:
    headers = {**site.token(), "Idempotency-Key": "till-1"}
    wrong = site.visitor().post("/api/v1/units", json=store("!"), headers=headers)
    assert wrong.status_code == 422
    mended = site.visitor().post("/api/v1/units", json=store("A"), headers=headers)
    assert mended.status_code == 201


def test_keys_of_different_tokens_do_not_meet(site: Site) -> None:
    for code, token in (("A", site.token()), ("B", site.token())):
        headers = {**token, "Idempotency-Key": "till-1"}
        done = site.visitor().post("/api/v1/units", json=store(code), headers=headers)
        assert done.status_code == 201


def test_a_kept_answer_is_forgotten_after_a_day(site: Site, clock: MovableClock) -> None:
    headers = {**site.token(), "Idempotency-Key": "till-1"}
    site.visitor().post("/api/v1/units", json=store("A"), headers=headers)
    clock.forward(hours=25)
    again = site.visitor().post("/api/v1/units", json=store("A2"), headers=headers)
    assert again.status_code == 201


def test_f05_twins_at_once_leave_one(site: Site) -> None:
    headers = {**site.token(), "Idempotency-Key": "till-1"}

    def post(_number: int) -> tuple[int, object]:
        answer = site.visitor().post("/api/v1/units", json=store("A"), headers=headers)
        return answer.status_code, answer.json

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(post, range(12)))
    assert answers == [answers[0]] * 12
    assert answers[0][0] == 201
    assert codes(site) == ["A"]


def test_an_endless_key_is_refused(site: Site) -> None:
    headers = {**site.token(), "Idempotency-Key": "x" * 500}
    refused = site.visitor().post("/api/v1/units", json=store("A"), headers=headers)
    assert refused.status_code == 400
    assert codes(site) == []
