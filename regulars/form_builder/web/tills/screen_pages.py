"""The clerk's screen and what its scripts ask, all below one address that a device may keep."""

from __future__ import annotations

import hashlib

from flask import Response, jsonify
from flask.typing import ResponseReturnValue

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.origin import PAGE
from regulars.form_builder.tills.definition import Till, split_amount
from regulars.form_builder.tills.selling import record_sale
from regulars.form_builder.web.tills.asked import asked_find, asked_sale, get_till
from regulars.form_builder.web.tills.blueprints import till
from regulars.form_builder.web.tills.showing import (
    card_json,
    excerpt_json,
    people_json,
    sold_json,
)
from regulars.form_builder.web.values import currency_sign, places_of
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.db import UnitOfWork
from regulars.platform.web.csrf import csrf_token
from regulars.platform.web.rendering import render, translate
from regulars.platform.web.static_files import version
from regulars.platform.web.visit import fingerprint, visit_id

WORDS = (
    "none-found", "none-known", "more-found", "nobody", "no-amount", "too-little", "done",
    "done-waits", "not-recorded", "offer-used", "offer-later", "points", "signed-out", "stuck",
    "sending", "offline", "waits", "discard-sure",
)  # fmt: skip
"""What the screen's scripts say; the texts stand at ``tills.says.<name>``."""


@till.get("/<key>")
@workspace_page("read_records")
def screen(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """The screen; its scripts do the rest, with and without the line."""
    found = get_till(uow, key)
    sign, places = _money(uow, found)
    offers = None
    if found.offer is not None:
        offers = catalog_of(uow).get_form(found.offer.form).label
    return render(
        "tills/screen.html", till=found, sign=sign, places=places, offers=offers,
        needs_person=_needs_person(uow, found), release=version(),
        words={name: translate(f"tills.says.{name}", n="{n}", least="{least}") for name in WORDS},
    )  # fmt: skip


@till.get("/<key>/now")
@workspace_page("read_records")
def now(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Whether the line is there, who works here, and the token that sales are sent with."""
    get_till(uow, key)
    return jsonify({"who": _who(), "token": csrf_token(), "version": version()})


@till.get("/<key>/people")
@workspace_page("read_records")
def people(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Who it may be: ``?find=`` the last digits of a number, or a code."""
    return jsonify(people_json(uow, access, get_till(uow, key), asked_find()))


@till.get("/<key>/people/<int:record_id>")
@workspace_page("read_records")
def person(uow: UnitOfWork, access: Access, key: str, record_id: int) -> ResponseReturnValue:
    """What the clerk is shown of a person, and what they may hand in now."""
    return jsonify(card_json(uow, access, get_till(uow, key), record_id))


@till.get("/<key>/known")
@workspace_page("read_records")
def known(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """The people that this device may serve without the line."""
    return jsonify(excerpt_json(uow, access, get_till(uow, key)))


@till.post("/<key>/sales")
@workspace_page("create_records")
def sell(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Record a sale once; 409 when what was handed in does not count any more."""
    asked = asked_sale()
    sold = record_sale(uow, access, get_till(uow, key), asked, origin=PAGE)
    answer: Response = jsonify(sold_json(sold))
    answer.status_code = 201
    return answer


def _who() -> str:
    """A mark of this visit: what a device keeps goes when somebody else signs in."""
    return hashlib.sha256(f"till:{fingerprint(visit_id())}".encode()).hexdigest()[:16]


def _money(uow: UnitOfWork, found: Till) -> tuple[str, int]:
    """The sign of the currency that amounts are in, and their decimals."""
    outer, column = split_amount(found.sale.amount)
    catalog = catalog_of(uow)
    form = catalog.get_form(f"{found.sale.form}.{outer}" if column else found.sale.form)
    field = form.find(column or outer)
    if field is None or field.type != "money":
        return "", 0 if field is None else int(field.settings.get("decimals", 0))
    code = field.settings.get("currency") or uow.workspace.currency
    return currency_sign(code), min(2, places_of(field))


def _needs_person(uow: UnitOfWork, found: Till) -> bool:
    field = catalog_of(uow).get_form(found.sale.form).find(found.sale.via)
    return field is None or field.required
