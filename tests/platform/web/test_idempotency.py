from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

from werkzeug.test import TestResponse

from regulars.platform.accounts import tokens
from regulars.platform.accounts.units import list_units
from regulars.platform.web import idempotency
from tests.support.clocks import MovableClock
from tests.support.shop_forms import publish_forms
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
    done = [answer for answer in answers if answer[0] == 201]
    assert done == [done[0]] * len(done)
    assert {answer[0] for answer in answers} <= {201, 409}
    assert codes(site) == ["A"]


def test_an_endless_key_is_refused(site: Site) -> None:
    headers = {**site.token(), "Idempotency-Key": "x" * 500}
    refused = site.visitor().post("/api/v1/units", json=store("A"), headers=headers)
    assert refused.status_code == 400
    assert codes(site) == []


def test_a_twin_of_a_request_at_work_is_told_to_come_back(site: Site) -> None:
    headers = {**site.token(), "Idempotency-Key": "till-1"}
    with site.database.main_tx(write=False) as connection:
        (token,) = tokens.list_tokens(connection, site.workspace)
    with (
        site.app.test_request_context(method="POST", headers=headers),
        idempotency.one_at_a_time(site.workspace, f"token:{token.id}"),
    ):
        twin = site.visitor().post("/api/v1/units", json=store("A"), headers=headers)
    assert twin.json is not None
    assert (twin.status_code, twin.json["code"]) == (409, "idempotency-key-at-work")
    assert twin.headers["Retry-After"] == "1"
    later = site.visitor().post("/api/v1/units", json=store("A"), headers=headers)
    assert later.status_code == 201


def test_another_process_at_work_is_seen_too(site: Site) -> None:
    if site.database.is_sqlite:
        return  # one writer: the twin waits for its turn and gets the kept answer
    headers = {**site.token(), "Idempotency-Key": "till-1"}
    with site.database.main_tx(write=False) as connection:
        (token,) = tokens.list_tokens(connection, site.workspace)
    with site.database.workspace_tx(site.workspace) as uow:
        idempotency._stand_alone(uow, f"token:{token.id}", "till-1")
        twin = site.visitor().post("/api/v1/units", json=store("A"), headers=headers)
    assert twin.status_code == 409
    assert codes(site) == []


def test_the_kept_answer_has_its_headers(site: Site) -> None:
    with site.database.workspace_tx(site.workspace) as uow:
        publish_forms(uow)
    headers = {**site.token(), "Idempotency-Key": "till-1"}
    url = "/api/v1/forms/customers/records"
    first, again = (
        site.visitor().post(url, json={"name": "Ann"}, headers=headers) for _turn in range(2)
    )
    for name in ("Location", "ETag", "Content-Type"):
        assert first.headers[name] == again.headers[name]


def test_the_same_file_sent_again_is_the_same_body(site: Site) -> None:
    with site.database.workspace_tx(site.workspace) as uow:
        publish_forms(uow)
    headers = {**site.token(), "Idempotency-Key": "file-1"}

    def upload(text: bytes) -> TestResponse:
        parts = {"form": "customers", "file": (BytesIO(text), "people.csv")}
        return site.visitor().post("/api/v1/imports", data=parts, headers=headers)

    first, again = upload(b"name\nAnn\n"), upload(b"name\nAnn\n")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert upload(b"name\nBob\n").status_code == 409


def test_s27_a_secret_is_answered_once_and_never_kept(site: Site) -> None:
    headers = {**site.token(), "Idempotency-Key": "key-1"}
    wish = {"name": "till", "role": "clerk"}
    made = site.visitor().post("/api/v1/tokens", json=wish, headers=headers)
    assert made.status_code == 201
    again = site.visitor().post("/api/v1/tokens", json=wish, headers=headers)
    assert again.status_code == 409
    with site.database.workspace_tx(site.workspace, write=False) as uow:
        assert made.json is not None
        assert made.json["token"] not in str(uow.execute(idempotency.answer.select()).all())


def test_old_answers_are_swept(site: Site, clock: MovableClock) -> None:
    kept = idempotency.KeptAnswers(site.database)
    headers = {**site.token(), "Idempotency-Key": "till-1"}
    site.visitor().post("/api/v1/units", json=store("A"), headers=headers)
    assert not kept.is_due(clock())
    clock.forward(hours=25)
    assert kept.is_due(clock())
    kept.forget(clock())
    assert not kept.is_due(clock())
