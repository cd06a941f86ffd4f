"""What the templates of forms and records ask for by name: filters and words."""

from __future__ import annotations

from typing import Any

from flask import g, url_for

from regulars.form_builder.definition import FieldDefinition
from regulars.form_builder.field_types.base import field_types
from regulars.form_builder.field_types.json import pretty
from regulars.form_builder.field_types.rating import stars_of
from regulars.form_builder.field_types.slider import step_of
from regulars.form_builder.timeline import Moment
from regulars.form_builder.web import filter_words, filters
from regulars.form_builder.web.blueprints import forms
from regulars.form_builder.web.entries import Choices, Entry
from regulars.form_builder.web.record_links import place_url
from regulars.platform.accounts.access import Access
from regulars.platform.web.markup import formatted
from regulars.platform.web.preferences import current_locale

forms.add_app_template_global(lambda: filters.CALENDARS, "calendars")
forms.add_app_template_filter(filters.offered_ops, "offered_ops")
forms.add_app_template_filter(filter_words.op_words, "op_words")
forms.add_app_template_filter(formatted)
forms.add_app_template_filter(pretty, "pretty_json")


@forms.app_template_filter("kind_of")
def kind_of(field: FieldDefinition) -> str:
    """What a field's value is: text, number, boolean, date, datetime, choice, tags, link."""
    return field_types.get(field.type).value_type(field).kind.value


@forms.app_template_filter("stars")
def stars(field: FieldDefinition) -> int:
    """How many stars a rating can give."""
    return stars_of(field)


@forms.app_template_filter("scale")
def scale(field: FieldDefinition) -> dict[str, str]:
    """The ends and the step of a slider, as an input takes them."""
    kind: Any = field_types.get(field.type)
    low, high = kind.limits(field)
    return {"low": f"{low:f}", "high": f"{high:f}", "step": str(step_of(field))}


@forms.app_template_filter("option_words")
def option_words(field: FieldDefinition) -> Choices:
    """The owner's options as (code, words)."""
    return Entry(field, "", "").option_words(current_locale())


@forms.app_template_filter("moment_words")
def moment_words(moment: Moment) -> str:
    """What happened, in one line."""
    return moment.words(current_locale())


@forms.app_template_filter("moment_url")
def moment_url(moment: Moment, access: Access) -> str | None:
    """Where a moment leads beside its record, for this reader."""
    return place_url(access, moment.place)


@forms.app_template_filter("related_url")
def related_url(related: Any, record_id: int) -> str:
    """The list of all records that point to this one."""
    condition = {"all": [related.tab.form.pointing(related.tab.via, record_id)]}
    return url_for(
        "records.index", form_key=related.tab.form.key, filter=filters.to_address(condition)
    )


@forms.app_template_filter("area_url")
def area_url(area: str, form_key: str) -> str:
    """The address of a page about a form that another module serves (``import``)."""
    return f"/w/{g.workspace.key}/forms/{form_key}/{area}"
