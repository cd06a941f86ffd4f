"""Channels, limits, the list of those not written to, and the switch, as pages and as API."""

import json
from typing import Any

import pytest

from regulars.platform.hold import find_hold
from regulars.rule_engine.tables import channel_account
from tests.support.site import Site, words_of

ALIYUN = {"access_key_id": "LTAI1", "access_key_secret": "very-secret", "sign_name": "小店"}


def stored(site: Site) -> list[Any]:
    with site.database.workspace_tx(site.workspace, write=False) as uow:
        return list(uow.execute(channel_account.select()))


def test_an_account_is_kept_and_its_secret_is_never_shown_again(site: Site) -> None:
    owner = site.signed_in()
    assert owner.get("/w/shop/channels").status_code == 200
    for kind in ("aliyun", "tencent", "twilio", "http_sms", "smtp"):
        assert owner.get(f"/w/shop/channels/accounts/{kind}").status_code == 200
    wrong = owner.send("/w/shop/channels/accounts/aliyun", {"access_key_id": "x"})
    assert wrong.status_code == 422
    assert wrong.text.count("field-error") >= 2
    owner.send("/w/shop/channels/accounts/aliyun", ALIYUN)
    (row,) = stored(site)
    assert "very-secret" not in json.dumps([*map(str, row)])
    again = owner.get("/w/shop/channels/accounts/aliyun").text
    assert "very-secret" not in again
    assert "LTAI1" in again
    assert f"/receipts/{row.inbound}" in again


def test_the_shops_own_mail_server_is_set_up_and_chosen(site: Site) -> None:
    owner = site.signed_in()
    own = {
        "host": "smtp.example.com", "port": "587", "sender": "Shop <shop@example.com>",
        "user": "shop@example.com", "password": "very-secret",
    }  # fmt: skip
    wrong = owner.send("/w/shop/channels/accounts/smtp", {**own, "host": "http://x"})
    assert wrong.status_code == 422
    assert owner.send("/w/shop/channels/accounts/smtp", own).status_code == 303
    assert "very-secret" not in owner.get("/w/shop/channels/accounts/smtp").text
    moved = {**own, "host": "evil.example.com", "password": ""}
    assert owner.send("/w/shop/channels/accounts/smtp", moved).status_code == 422
    owner.send("/w/shop/channels/email/provider", {"provider": "smtp"})
    assert "Goes out through Mail server" in " ".join(words_of(owner.get("/w/shop/channels").text))


def test_s06_a_secret_is_asked_for_again_when_its_account_changes(site: Site) -> None:
    owner = site.signed_in()
    owner.send("/w/shop/channels/accounts/aliyun", ALIYUN)
    before = stored(site)[0].secret
    same = {**ALIYUN, "access_key_secret": "", "sign_name": "大店"}
    assert owner.send("/w/shop/channels/accounts/aliyun", same).status_code == 303
    other = {**same, "access_key_id": "EVIL"}
    refused = owner.send("/w/shop/channels/accounts/aliyun", other)
    assert refused.status_code == 422
    (row,) = stored(site)
    assert (row.settings["sign_name"], row.settings["access_key_id"]) == ("大店", "LTAI1")
    assert before != row.secret  # sealed anew, with the same words inside


@pytest.mark.parametrize(
    ("kind", "address"),
    [
        ("wecom", "https://evil.example/send?key=1"),
        ("slack", "http://hooks.slack.com/services/x"),
        ("apprise", "json://127.0.0.1/x"),
        ("apprise", "syslog://"),
        ("apprise", "discord://1/2?verify=no"),
    ],
)
def test_s05_a_staff_group_leads_to_its_service_only(site: Site, kind: str, address: str) -> None:
    owner = site.signed_in()
    url = f"/w/shop/channels/groups/new/{kind}"
    assert owner.get(url).status_code == 200
    assert owner.send(url, {"name": "前台", "address": address}).status_code == 422
    assert stored(site) == []


def test_the_api_sets_up_what_the_page_sets_up(site: Site) -> None:
    client, headers = site.app.test_client(), site.token()
    wish = {"provider": "aliyun", "values": {**ALIYUN, "templates": {"hello": "SMS_1"}}}
    made = client.put("/api/v1/channel-accounts/aliyun", json=wish, headers=headers)
    assert made.status_code == 200, made.text
    assert "very-secret" not in made.text
    bad = {"provider": "aliyun", "values": {"more": 1, "sign_name": 7}}
    told = client.put("/api/v1/channel-accounts/aliyun", json=bad, headers=headers)
    assert {each["path"] for each in told.get_json()["problems"]} >= {"more", "sign_name"}
    chosen = client.put("/api/v1/channels/sms", json={"provider": "aliyun"}, headers=headers)
    assert chosen.status_code == 204
    listed = client.get("/api/v1/channels", headers=headers).get_json()["channels"]
    assert [(each["channel"], each["provider"], each["ready"]) for each in listed] == [
        ("sms", "aliyun", True), ("email", "outbox", True),
    ]  # fmt: skip
    gone = client.delete("/api/v1/channel-accounts/aliyun", headers=headers)
    assert (gone.status_code, stored(site)) == (204, [])


def test_limits_are_kept_and_wrong_ones_are_all_named(site: Site) -> None:
    owner = site.signed_in()
    good = {
        "day_number": "500", "day_cost": "20", "sms_price": "0.045", "cap_n": "4",
        "cap_days": "30", "quiet_from": "21:00", "quiet_to": "09:00", "quiet_zone": "person",
    }  # fmt: skip
    assert owner.send("/w/shop/channels/limits", good).status_code == 303
    assert "0.045" in owner.get("/w/shop/channels/limits").text
    bad = {**good, "day_number": "-1", "cap_days": "", "sms_price": "cheap"}
    refused = owner.send("/w/shop/channels/limits", bad)
    assert refused.status_code == 422
    assert refused.text.count("field-error") == 3
    client, headers = site.app.test_client(), site.token()
    kept = client.get("/api/v1/sending/limits", headers=headers).get_json()["limits"]
    assert (kept["day_number"], kept["sms_price"], kept["caps"]) == (
        500, "0.045", {"marketing": {"n": 4, "days": 30}},
    )  # fmt: skip
    wrong = client.put("/api/v1/sending/limits", json={"x": 1, "day_cost": []}, headers=headers)
    assert {each["path"] for each in wrong.get_json()["problems"]} == {"x", "day_cost"}


def test_an_address_is_looked_up_put_on_the_list_and_taken_off(site: Site) -> None:
    owner, number = site.signed_in(), {"channel": "sms", "address": "138 0013 8000"}
    look = {**number, "act": "look"}
    assert "is not on the list" in " ".join(
        words_of(owner.send("/w/shop/suppressions", look).text)
    )
    owner.send("/w/shop/suppressions", {**number, "act": "add"})
    client, headers = site.app.test_client(), site.token()
    spelled = {"channel": "sms", "address": "+8613800138000"}
    asked = client.post("/api/v1/suppressions/look-up", json=spelled, headers=headers)
    assert asked.get_json() == {"listed": True}
    shown = client.get("/api/v1/suppressions", headers=headers)
    assert shown.get_json()["counts"] == [{"channel": "sms", "reason": "by_hand", "n": 1}]
    assert "8000" not in shown.text
    owner.send("/w/shop/suppressions", {**number, "act": "free"})
    again = client.post("/api/v1/suppressions/remove", json=spelled, headers=headers)
    assert again.status_code == 404
    assert owner.send("/w/shop/suppressions", {"channel": "fax"}).status_code == 422


def test_the_switch_stops_with_a_reason_and_lets_go_on(site: Site) -> None:
    manager = site.signed_in("Mia", "manager")
    manager.send("/w/shop/sending/stop", {"reason": "wrong   price"})
    elsewhere = words_of(manager.get("/w/shop/rules").text)
    assert "All sending is stopped" in elsewhere
    assert not any("backup" in words.lower() for words in elsewhere)
    with site.database.workspace_tx(site.workspace, write=False) as uow:
        held = find_hold(uow)
    assert held is not None
    assert (held.reason, held.by, held.is_restore) == ("wrong price", "Mia", False)
    client, headers = site.app.test_client(), site.token()
    told = client.get("/api/v1/sending", headers=headers).get_json()
    assert (told["stopped"], told["by"], told["waiting"]) == (True, "Mia", 0)
    body = {"stopped": False}
    assert client.put("/api/v1/sending", json=body, headers=headers).get_json()["stopped"] is False
    clerk = site.signed_in("Cleo", "clerk")
    assert clerk.send("/w/shop/sending/stop", {"reason": "x"}).status_code == 403


def test_only_who_runs_the_shop_sets_up_channels(site: Site) -> None:
    manager = site.signed_in("Mia", "manager")
    for page in ("channels", "channels/accounts/aliyun", "channels/limits"):
        assert manager.get(f"/w/shop/{page}").status_code == 403
    assert manager.send("/w/shop/channels/accounts/aliyun", ALIYUN).status_code == 403


def test_unknown_accounts_are_not_there(site: Site) -> None:
    owner = site.signed_in()
    for page in ("accounts/moon", "accounts/wecom", "groups/new/aliyun", "accounts/outbox"):
        assert owner.get(f"/w/shop/channels/{page}").status_code == 404
