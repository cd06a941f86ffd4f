"""Records that may be one person: the page of a form, and the hint while somebody types."""

from __future__ import annotations

from flask import request, url_for
from flask.typing import ResponseReturnValue

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.people import wording
from regulars.form_builder.people.blueprints import pages
from regulars.form_builder.people.duplicates import find_duplicates, look_alikes, tell_apart
from regulars.form_builder.people.likeness import Likeness
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.db import UnitOfWork
from regulars.platform.web.flash import flash
from regulars.platform.web.htmx import go_to
from regulars.platform.web.preferences import current_locale
from regulars.platform.web.rendering import render

ON_A_PAGE = 20

pages.add_app_template_filter(wording.contact_words, "contact_words")
pages.add_app_template_filter(wording.level_of, "likeness_level")
pages.add_app_template_filter(lambda level: wording.LEVEL_TONES[level], "likeness_tone")


@pages.app_template_filter("likeness_reasons")
def likeness_reasons(likeness: Likeness) -> list[str]:
    """Why, in the reader's words."""
    return wording.reason_words(likeness, current_locale())


@pages.get("/duplicates")
@workspace_page("merge_records")
def duplicates(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """Groups of records that seem to be one person."""
    found = find_duplicates(uow, access, form_key)
    number = request.args.get("page", "1")
    page = max(1, int(number)) if number.isascii() and number.isdecimal() else 1
    start = (min(page, 10**6) - 1) * ON_A_PAGE
    return render(
        "people/duplicates.html",
        form=catalog_of(uow).get_form(form_key),
        found=found[start : start + ON_A_PAGE],
        total=len(found),
        page=page,
        pages=-(-len(found) // ON_A_PAGE),
    )


@pages.post("/duplicates/apart")
@workspace_page("merge_records")
def apart(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """These are different people; do not offer them again."""
    ids = [int(each) for each in request.form.getlist("id") if each.isascii() and each.isdecimal()]
    tell_apart(uow, access, form_key, ids)
    flash("people.told-apart", n=len(set(ids)))
    return go_to(url_for("people.duplicates", form_key=form_key))


@pages.post("/look-alikes")
@workspace_page("read_records", writes=False)
def hint(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """Whom the record that is being written resembles; nothing when nobody."""
    given = request.form.get("_record", "")
    besides = int(given) if given.isascii() and given.isdecimal() else None
    values = {key: value for key, value in request.form.items() if not key.startswith("_")}
    found = look_alikes(uow, access, form_key, values, besides=besides)
    return render("people/_look_alikes.html", form_key=form_key, found=found)
