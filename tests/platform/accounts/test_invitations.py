import re

from regulars.platform.accounts import invitations
from regulars.platform.accounts.tables import invitation, user
from tests.support.clocks import MovableClock
from tests.support.site import PASSWORD, Site, Visitor

WISH = {"name": "Eve", "email": "eve@shop.example", "role": "clerk"}
JOIN = {"name": "Eve", "password": PASSWORD}


def invite(site: Site, visitor: Visitor, **changes: str) -> str:
    page = visitor.send(f"{site.home}/settings/members/invite", {**WISH, **changes})
    assert page.status_code == 200, page.text
    found = re.search(r'value="http://[^/]+(/invitations/[^"]+)"', page.text)
    assert found is not None
    return found.group(1)


def test_whoever_opens_the_link_becomes_a_member(site: Site) -> None:
    link = invite(site, site.signed_in("Alice"))
    eve = site.visitor()
    assert "eve@shop.example" in eve.get(link).text
    assert eve.send(link, JOIN).status_code == 303
    assert eve.get(f"{site.home}/").status_code == 200
    assert eve.get(f"{site.home}/settings/members").status_code == 403  # a clerk


def test_a_link_works_once(site: Site) -> None:
    link = invite(site, site.signed_in("Alice"))
    site.visitor().send(link, JOIN)
    assert site.visitor().get(link).status_code == 404
    assert site.visitor().send(link, JOIN).status_code == 404


def test_a_link_ends_after_a_week(site: Site, clock: MovableClock) -> None:
    link = invite(site, site.signed_in("Alice"))
    clock.forward(days=7, minutes=1)
    assert site.visitor().get(link).status_code == 404


def test_a_withdrawn_link_is_worthless(site: Site) -> None:
    alice = site.signed_in("Alice")
    link = invite(site, alice)
    with site.database.workspace_tx(site.workspace, write=False) as uow:
        (open_one,) = invitations.list_invitations(uow)
    alice.send(f"{site.home}/settings/invitations/{open_one.id}/withdraw")
    assert site.visitor().get(link).status_code == 404


def test_inviting_again_replaces_the_older_link(site: Site) -> None:
    alice = site.signed_in("Alice")
    older, newer = invite(site, alice), invite(site, alice, role="manager")
    assert site.visitor().get(older).status_code == 404
    assert "Manager" in site.visitor().get(newer).text


def test_only_a_fingerprint_of_the_link_is_stored(site: Site) -> None:
    link = invite(site, site.signed_in("Alice"))
    with site.database.main_tx(write=False) as connection:
        row = connection.execute(invitation.select()).one()
    assert link.rpartition("/")[2] not in str(row)


def test_a_weak_password_is_refused_and_the_link_stays_good(site: Site) -> None:
    link = invite(site, site.signed_in("Alice"))
    eve = site.visitor()
    refused = eve.send(link, {**JOIN, "password": "short"})
    assert refused.status_code == 422
    assert 'id="field-password-error"' in refused.text
    assert eve.send(link, JOIN).status_code == 303


def test_somebody_with_an_account_joins_after_signing_in(site: Site) -> None:
    site.person("Eve", None)
    link = invite(site, site.signed_in("Alice"))
    assert "already have an account" in site.visitor().get(link).text
    # A stranger cannot take the address over by choosing a password.
    assert site.visitor().send(link, JOIN).status_code == 422
    eve = site.signed_in("Eve")
    assert eve.send(link).status_code == 303
    assert eve.get(f"{site.home}/").status_code == 200


def test_members_are_not_invited_again(site: Site) -> None:
    site.person("Eve", "clerk")
    page = site.signed_in("Alice").send(f"{site.home}/settings/members/invite", WISH)
    assert page.status_code == 422
    assert "Eve is already a member." in page.text


def test_s23_the_page_of_a_secret_address_sends_no_referrer(site: Site) -> None:
    link = invite(site, site.signed_in("Alice"))
    assert site.visitor().get(link).headers["Referrer-Policy"] == "no-referrer"


def test_a_page_without_referrer_is_believed_with_its_token_only(site: Site) -> None:
    link = invite(site, site.signed_in("Alice"))
    eve, nobody = site.visitor(), {"Origin": "null"}
    eve.get(link)
    assert eve.post(link, data=JOIN, headers=nobody).status_code == 403
    assert eve.send(link, JOIN, headers={"Origin": "https://evil.example"}).status_code == 403
    assert eve.send(link, JOIN, headers=nobody).status_code == 303


def test_s23_links_name_the_configured_address_whatever_host_is_claimed(site: Site) -> None:
    alice = site.signed_in("Alice")
    answer = alice.send(
        f"{site.home}/settings/members/invite", WISH, headers={"Host": "evil.example"}
    )
    assert answer.status_code == 400
    assert "evil.example" not in answer.text


def test_a_password_link_lets_somebody_back_in_once(site: Site) -> None:
    alice, bob = site.signed_in("Alice"), site.signed_in("Bob", "clerk")
    page = alice.send(f"{site.home}/settings/members/{site.member_id('Bob')}/password-link")
    found = re.search(r'value="http://[^/]+(/new-password/[^"]+)"', page.text)
    assert found is not None
    link, fresh = found.group(1), {"password": "six loud green tractors"}
    forgetful = site.visitor()
    assert forgetful.get(link).headers["Referrer-Policy"] == "no-referrer"
    assert forgetful.send(link, {"password": "short"}).status_code == 422
    assert forgetful.send(link, fresh).status_code == 303
    assert forgetful.get(f"{site.home}/").status_code == 200
    assert bob.get(f"{site.home}/").status_code == 303  # other sessions are over
    assert site.visitor().get(link).status_code == 404


def test_s23_a_password_link_ends_after_an_hour(site: Site, clock: MovableClock) -> None:
    alice = site.signed_in("Alice")
    site.person("Bob", "clerk")
    page = alice.send(f"{site.home}/settings/members/{site.member_id('Bob')}/password-link")
    found = re.search(r"/new-password/[\w-]+", page.text)
    assert found is not None
    clock.forward(minutes=61)
    assert site.visitor().get(found.group()).status_code == 404


def test_a_shop_makes_no_password_link_for_people_known_elsewhere(site: Site) -> None:
    alice = site.signed_in("Alice")
    bob = site.person("Bob", "clerk")
    with site.database.main_tx() as connection:
        connection.execute(user.update().where(user.c.id == bob.id).values(admin=True))
    target = f"{site.home}/settings/members/{site.member_id('Bob')}/password-link"
    assert alice.send(target).status_code == 403
