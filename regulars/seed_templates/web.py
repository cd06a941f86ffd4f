"""Pages and API of packs: what there is, what installing would do, installing, sample data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_api, workspace_page
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid
from regulars.platform.i18n import pick
from regulars.platform.problems import Problem
from regulars.platform.web.api_body import read_shaped
from regulars.platform.web.api_route import describe, listing
from regulars.platform.web.flash import flash
from regulars.platform.web.htmx import go_to, wants_partial
from regulars.platform.web.rendering import render
from regulars.platform.web.shell import HomeCard, NavItem
from regulars.seed_templates import api_shapes, wording
from regulars.seed_templates.catalogue import RETAIL, get_pack, shipped_packs
from regulars.seed_templates.effects import effects_of
from regulars.seed_templates.installed import Installed, Sample, find_installed, find_sample
from regulars.seed_templates.installer import Outcome, Wishes, install, preview
from regulars.seed_templates.pack import Pack
from regulars.seed_templates.planning import Plan, plan_install
from regulars.seed_templates.removal import remove_sample
from regulars.seed_templates.sampling import add_sample
from regulars.seed_templates.wording import outcome_json

CAPABILITY = "install_packs"
Problems = tuple[Problem, ...]

blueprint = Blueprint("packs", __name__, url_prefix="/w/<workspace>/packs")
api = Blueprint("packs_api", __name__, url_prefix="/api/v1/packs")


@dataclass(frozen=True)
class Shelf:
    """One pack with what the workspace has of it."""

    pack: Pack
    installed: Installed | None
    sample: Sample | None


def nav(uow: UnitOfWork, access: Access) -> Iterable[NavItem]:
    """The place of packs in the navigation."""
    if access.can(CAPABILITY):
        url = url_for("packs.list_packs")
        yield NavItem(url, "package", "packs.nav", section="nav.section-settings", order=950)


def cards(uow: UnitOfWork, access: Access) -> Iterable[HomeCard]:
    """On the first page, as long as the ready-made shop is not installed."""
    if access.can(CAPABILITY) and find_installed(uow, RETAIL) is None:
        url = url_for("packs.show_pack", key=RETAIL)
        words = ("packs.home-title", "packs.home-text", "packs.home-action")
        yield HomeCard(url, "store", *words, order=10)


@blueprint.get("")
@workspace_page(CAPABILITY)
def list_packs(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Every pack that comes with the product."""
    return render("packs/packs.html", shelves=[_shelf(uow, p) for p in shipped_packs().values()])


@blueprint.get("/<key>")
@workspace_page(CAPABILITY)
def show_pack(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """What is inside, what it will be able to do, and what installing would change."""
    return _pack_page(uow, access, get_pack(key))


@blueprint.post("/<key>/preview")
@workspace_page(CAPABILITY)
def try_pack(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Do it all and take it back; with htmx only the answer, else the whole page."""
    pack = get_pack(key)
    outcome: Outcome | None = None
    problems: Problems = ()
    try:
        outcome = preview(uow, access, pack, _wishes())
    except Invalid as invalid:
        problems = tuple(invalid.problems)
    status = 422 if problems else 200
    if wants_partial():
        answer = _answer(outcome, access)
        return render("packs/_preview.html", status, problems=problems, **answer)
    return _pack_page(uow, access, pack, outcome=outcome, problems=problems, status=status)


@blueprint.post("/<key>/install")
@workspace_page(CAPABILITY)
def install_pack(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Install it; refused with every reason in place."""
    pack = get_pack(key)
    try:
        outcome = install(uow, access, pack, _wishes())
    except Invalid as invalid:
        problems = tuple(invalid.problems)
        return _pack_page(uow, access, pack, problems=problems, status=422)
    name = pick(pack.label, access.locale)
    if outcome.sample is not None:
        flash("packs.done-sample", pack=name, n=outcome.sample.total)
    else:
        flash("packs.done", pack=name)
    return go_to(url_for("packs.show_pack", key=key))


@blueprint.post("/<key>/sample")
@workspace_page(CAPABILITY)
def add_sample_data(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Add the made-up records to a pack that is there."""
    flash("packs.sample-added", n=add_sample(uow, access, get_pack(key)).total)
    return go_to(url_for("packs.show_pack", key=key))


@blueprint.post("/<key>/sample/remove")
@workspace_page(CAPABILITY)
def remove_sample_data(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Take the made-up records out again; own records stay."""
    removed = remove_sample(uow, access, get_pack(key).key)
    flash("packs.sample-removed", n=removed.total_gone)
    if removed.total_kept:
        flash("packs.sample-kept", tone="info", n=removed.total_kept)
    return go_to(url_for("packs.show_pack", key=key))


@api.get("")
@workspace_api(CAPABILITY)
@describe("packs", listing("packs", api_shapes.SHELF))
def api_list(uow: UnitOfWork, access: Access) -> dict[str, Any]:
    """The packs that come with the product, and what is installed of them."""
    return {"packs": [_shelf_json(_shelf(uow, each)) for each in shipped_packs().values()]}


@api.post("/install")
@workspace_api(CAPABILITY)
@describe("packs", api_shapes.OUTCOME, body=api_shapes.WISHES)
def api_install(uow: UnitOfWork, access: Access) -> dict[str, Any]:
    """Install a pack or bring it up to date; ``dry_run`` shows what would happen."""
    body = read_shaped(request, api_shapes.WISHES)
    pack = get_pack(body["key"])
    wishes = Wishes(sample=body.get("sample_data", False))
    work = preview if body.get("dry_run", False) else install
    return dict(outcome_json(work(uow, access, pack, wishes)))


@api.post("/<key>/sample-data")
@workspace_api(CAPABILITY)
@describe("packs", api_shapes.ADDED)
def api_add_sample(uow: UnitOfWork, access: Access, key: str) -> dict[str, Any]:
    """Add the made-up records."""
    return {"records": dict(add_sample(uow, access, get_pack(key)).counts)}


@api.delete("/<key>/sample-data")
@workspace_api(CAPABILITY)
@describe("packs", api_shapes.REMOVED)
def api_remove_sample(uow: UnitOfWork, access: Access, key: str) -> dict[str, Any]:
    """Remove the made-up records."""
    removed = remove_sample(uow, access, get_pack(key).key)
    return {"removed": removed.gone, "kept": removed.kept}


def _shelf(uow: UnitOfWork, pack: Pack) -> Shelf:
    return Shelf(pack, find_installed(uow, pack.key), find_sample(uow, pack.key))


def _shelf_json(shelf: Shelf) -> dict[str, Any]:
    return {
        "key": shelf.pack.key,
        "version": shelf.pack.version,
        "label": shelf.pack.label,
        "installed": shelf.installed.version if shelf.installed else None,
        "sample_records": shelf.sample.total if shelf.sample else 0,
    }


def _wishes() -> Wishes:
    return Wishes(sample="sample" in request.form)


def _answer(outcome: Outcome | None, access: Access) -> dict[str, Any]:
    return {
        "outcome": outcome,
        "lines": wording.outcome_lines(outcome, access.locale) if outcome else [],
    }


def _pack_page(
    uow: UnitOfWork, access: Access, pack: Pack, *,
    outcome: Outcome | None = None, problems: Problems = (), status: int = 200,
) -> ResponseReturnValue:  # fmt: skip
    plan: Plan = plan_install(uow, pack)
    return render(
        "packs/pack.html",
        status,
        shelf=_shelf(uow, pack),
        plan=plan,
        groups=wording.by_kind(plan.changes),
        effects=wording.effect_lines(pack, effects_of(pack), access.locale),
        tones=wording.TONES,
        problems=problems or plan.problems,
        **_answer(outcome, access),
    )
