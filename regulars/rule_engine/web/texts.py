"""Message texts: what rules send, per channel and language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue

from regulars.form_builder.keys import derive_key
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import seeing, store
from regulars.platform.definitions.editing import edit, seen_draft
from regulars.platform.definitions.snapshot import snapshot
from regulars.platform.errors import Invalid
from regulars.platform.i18n import LOCALES, pick
from regulars.platform.problems import Problem
from regulars.platform.web.definition_pages import posted_seen
from regulars.platform.web.flash import flash
from regulars.platform.web.form_errors import errors_by_field
from regulars.platform.web.htmx import go_to
from regulars.platform.web.rendering import render
from regulars.rule_engine.message import Message
from regulars.rule_engine.previewing import newest_people, offered_fields, preview
from regulars.rule_engine.schema import message_problems
from regulars.rule_engine.web.blueprints import pages

PARTS = (("sms", "text"), ("email", "subject"), ("email", "markdown"))


@pages.get("/message-texts")
@workspace_page("edit_rules")
def list_texts(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Every message text."""
    return render("rule_engine/texts.html", drafts=seeing.whole_drafts(uow, "message"))


@pages.get("/message-texts/new")
@workspace_page("edit_rules")
def new_text(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """An empty text."""
    raw = {"label": "", "purpose": "marketing", "channels": {}}
    return _form(uow, raw, url_for("rules.create_text"), access)


@pages.post("/message-texts/new")
@workspace_page("edit_rules")
def create_text(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Write the first version of a text."""
    label = request.form.get("label", "").strip()
    taken = {draft.key for draft in store.list_drafts(uow, "message")}
    raw = {**_posted(), "key": derive_key(label, taken, "message")}
    return _save(uow, access, raw, url_for("rules.create_text"))


@pages.post("/message-texts/preview")
@workspace_page("edit_rules", writes=False)
def preview_text(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """The text being written, as a real person would read it; nothing is kept."""
    raw = {**_posted(), "key": "preview"}
    found = message_problems({**raw, "label": "preview"})
    people = newest_people(uow, access)
    chosen = next((each for each in people if f"{each[0]}:{each[1]}" == _asked_about()), None)
    person = chosen[:2] if chosen is not None else None
    shown = [] if found else preview(uow, access, Message.from_json(raw), person)
    return render(
        "rule_engine/_text_preview.html", shown=shown, people=people, chosen=_asked_about()
    )


def _asked_about() -> str:
    """The person a preview is for, as the page names them: ``customers:7``."""
    return request.form.get("preview_for", "")


@pages.get("/message-texts/<key>")
@workspace_page("edit_rules")
def edit_text(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """One text."""
    seeing.require_seen(uow, access, "message", key)
    draft = store.get_draft(uow, "message", key)
    return _form(uow, dict(draft.raw), url_for("rules.change_text", key=key), access)


@pages.post("/message-texts/<key>")
@workspace_page("edit_rules")
def change_text(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """A new version of a text."""
    seeing.require_seen(uow, access, "message", key)
    known = dict(seen_draft(uow, "message", key, posted_seen()))
    kept = {name: value for name, value in known.items() if name != "links"}
    raw = {**kept, **_posted(known), "key": key}
    return _save(uow, access, raw, url_for("rules.change_text", key=key))


def _posted(known: Any = None) -> dict[str, Any]:
    channels: dict[str, dict[str, Any]] = {}
    for channel, part in PARTS:
        words = {
            locale: text
            for locale in LOCALES
            if (text := request.form.get(f"{channel}_{part}_{locale}", "").strip())
        }
        if words:
            channels.setdefault(channel, {})[part] = words
    posted: dict[str, Any] = {
        "kind": "message",
        "schema": 1,
        "purpose": request.form.get("purpose", "marketing"),
        "channels": channels,
    }
    links, _wrong = _posted_links()
    if links:
        posted["links"] = links
    label = request.form.get("label", "").strip()
    if known is None or pick(known.get("label"), request.form.get("locale", "en")) != label:
        posted["label"] = label
    return posted


def _posted_links() -> tuple[dict[str, str], list[Problem]]:
    """Links by name, one per line, and the lines that are none."""
    links: dict[str, str] = {}
    wrong = []
    for n, line in enumerate(request.form.get("links", "").splitlines(), 1):
        name, _, address = line.strip().partition(" ")
        if name and address.strip():
            links[name] = address.strip()
        elif name:
            wrong.append(Problem("links", "not-a-link-line", {"n": n}))
    return links, wrong


def _save(uow: UnitOfWork, access: Access, raw: dict[str, Any], url: str) -> ResponseReturnValue:
    problems = [*_missing(raw), *_posted_links()[1]]
    try:
        if problems:
            raise Invalid(problems)
        if store.find_draft(uow, "message", raw["key"]) is None:
            store.save_draft(uow, access, "message", raw, tag=0)
        else:
            edit(uow, access, "message", raw["key"], lambda _before: raw, posted_seen())
        store.publish(uow, access, [("message", raw["key"])])
    except Invalid as invalid:
        prefix = f"message/{raw['key']}/"
        moved = [_at_input(problem.moved_from(prefix)) for problem in invalid.problems]
        return _form(uow, raw, url, access, 422, errors_by_field(moved))
    name = pick(snapshot(uow).get("message", raw["key"]).label, access.locale)
    flash("messages.saved", name=name)
    return go_to(url_for("rules.list_texts"))


def _missing(raw: dict[str, Any]) -> list[Problem]:
    found = []
    if not raw.get("label"):
        found.append(Problem("label", "required"))
    if not raw["channels"]:
        found.append(Problem("channels/sms/text", "required"))
    return found


def _at_input(problem: Problem) -> Problem:
    """The problem at the input that shows its text: ``sms_text_en``."""
    parts = problem.path.split("/")
    if parts[0] == "links":
        return Problem("links", problem.code, problem.params)
    if parts[0] != "channels" or len(parts) < 3:
        return problem
    locale = parts[3] if len(parts) > 3 else LOCALES[0]
    return Problem(f"{parts[1]}_{parts[2]}_{locale}", problem.code, problem.params)


def _form(
    uow: UnitOfWork,
    raw: dict[str, Any],
    url: str,
    access: Access,
    status: int = 200,
    errors: Any = None,
) -> ResponseReturnValue:
    first = [access.locale, *(name for name in LOCALES if name != access.locale)]
    return render(
        "rule_engine/text.html", status, raw=raw, url=url, tag=_tag(uow, raw),
        errors=errors or {}, locales=first,
        in_language=_in_language, link_lines=_link_lines, fields=offered_fields(uow, access),
        people=newest_people(uow, access), chosen="", shown=[],
    )  # fmt: skip


def _tag(uow: UnitOfWork, raw: Mapping[str, Any]) -> int | None:
    """The draft that the page shows; after a mistake still the one it began with."""
    draft = store.find_draft(uow, "message", raw.get("key", ""))
    return posted_seen().tag or (draft.tag if draft is not None else None)


def _link_lines(raw: dict[str, Any]) -> str:
    """Links as they are typed; what was typed wrongly stays to be mended."""
    if request.method == "POST":
        return request.form.get("links", "")
    return "\n".join(f"{name} {address}" for name, address in raw.get("links", {}).items())


def _in_language(text: Any, locale: str) -> str:
    """One language's words of a text; a plain text belongs to the first language shown."""
    if isinstance(text, str):
        return text
    return str((text or {}).get(locale, ""))
