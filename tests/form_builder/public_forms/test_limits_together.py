"""Limits of a public form among visitors who come at once, each by another link."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from regulars.form_builder.public_forms.links import Link
from regulars.platform.accounts.access import system_access
from regulars.platform.accounts.units import UnitValues, create_unit
from tests.security.test_s19_public_forms import count
from tests.support.public_forms import Shop


def test_the_last_place_is_given_once_whichever_link_they_come_by(public_shop: Shop) -> None:
    site, most = public_shop.site, 4
    with site.database.workspace_tx(site.workspace) as uow:
        owner = system_access("en")
        stores = [create_unit(uow, owner, UnitValues(f"S{n}", f"S{n}")).id for n in range(most)]
    links = [public_shop.offer(unit=each, limits={"total": 1}) for each in stores]
    visitors = [site.visitor() for _link in links]
    tickets = [public_shop.page(*each) for each in zip(visitors, links, strict=True)]
    public_shop.later(seconds=5)
    gate = Barrier(most)

    def send(number: int, link: Link) -> int:
        values = {"_ticket": tickets[number], "name": "Ann", "mobile": f"1390000222{number}"}
        gate.wait(timeout=30)
        return visitors[number].post(link.path, data=values).status_code

    with ThreadPoolExecutor(most) as pool:
        answers = sorted(pool.map(send, range(most), links))
    assert answers == [303, 409, 409, 409]
    assert count(public_shop) == 1
