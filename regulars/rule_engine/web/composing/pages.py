"""The pages of the composer: a chip opens a small form; each change is kept at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue

from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.accounts.web.role_words import role_name
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import seeing, store
from regulars.platform.definitions.editing import edit
from regulars.platform.definitions.snapshot import snapshot
from regulars.platform.errors import Invalid, NotFound
from regulars.platform.i18n import pick
from regulars.platform.web.definition_pages import posted_seen
from regulars.platform.web.flash import flash
from regulars.platform.web.form_errors import errors_by_field
from regulars.platform.web.htmx import go_to, vary_on_htmx, wants_partial
from regulars.platform.web.rendering import render
from regulars.rule_engine.channel_keeping import staff_accounts
from regulars.rule_engine.definition import Rule
from regulars.rule_engine.digests import reports_of
from regulars.rule_engine.hooks import list_hooks
from regulars.rule_engine.placing import NoSuchPlace
from regulars.rule_engine.reading_back import rule_words
from regulars.rule_engine.speaking import speaker
from regulars.rule_engine.web.blueprints import pages
from regulars.rule_engine.web.composing import showing
from regulars.rule_engine.web.composing.changes import CHANGES, Changing
from regulars.rule_engine.web.composing.reading import Posted
from regulars.rule_engine.web.composing.view import Composer
from regulars.rule_engine.webhooks import list_webhooks


@pages.get("/rules/<key>/compose")
@workspace_page("edit_rules")
def compose(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """The composer; ``at`` opens one place."""
    seeing.require_seen(uow, access, "rule", key)
    return _page(_composer(uow, access, key, at=request.args.get("at", "")))


@pages.post("/rules/<key>/compose")
@workspace_page("edit_rules")
def change(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Apply one change to the draft; a mistake keeps the form open with its words."""
    found = CHANGES.get(request.form.get("action", ""))
    if found is None:
        raise NotFound("not-found")
    seeing.require_seen(uow, access, "rule", key)
    at = request.form.get("at", "")
    say, posted = speaker(uow, access), Posted(request.form)
    by_now = store.get_draft(uow, "rule", key).raw

    def make(raw: Mapping[str, Any]) -> dict[str, Any]:
        return found(Changing(dict(raw), Rule.from_json(raw), say, posted, by_now))

    try:
        edit(uow, access, "rule", key, make, posted_seen())
    except Invalid as invalid:
        composer = _composer(uow, access, key, at=at, errors=errors_by_field(invalid.problems))
        return _page(composer, 422)
    except NoSuchPlace:
        flash("rules.place-is-gone", tone="warning")
        return go_to(url_for("rules.compose", key=key))
    following = request.form.get("then_at", "")
    if wants_partial():
        return _page(_composer(uow, access, key, at=following))
    return go_to(url_for("rules.compose", key=key, at=following or None))


def _page(composer: Composer, status: int = 200) -> ResponseReturnValue:
    values = {
        "composer": composer, "showing": showing,
        "read_back": rule_words(composer.say, composer.rule),
    }  # fmt: skip
    name = "rule_engine/_composer.html" if wants_partial() else "rule_engine/compose.html"
    return vary_on_htmx(render(name, status, **values))


def _composer(
    uow: UnitOfWork, access: Access, key: str, *, at: str = "", errors: Any = None
) -> Composer:
    draft = store.get_draft(uow, "rule", key)
    prefix = f"rule/{key}/"
    texts = snapshot(uow).all("message").items()
    return Composer(
        Rule.from_json(draft.raw),
        draft.raw,
        speaker(uow, access),
        [p.moved_from(prefix) for p in store.check_drafts(uow, [("rule", key)])],
        at,
        errors or {},
        roles=[(role, role_name(role)) for role in access.roles],
        programs=[(each.key, each.name) for each in list_webhooks(uow)],
        groups=[(each.key, each.name) for each in staff_accounts(uow)],
        draft_tag=draft.tag,
        reports=[(name, pick(text, access.locale)) for name, text in reports_of().known(uow)],
        hooks=[(each.key, each.name) for each in list_hooks(uow)],
        texts=[(name, pick(text.label, access.locale)) for name, text in texts],
    )
