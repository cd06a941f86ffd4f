"""What publishing a draft would change, as a list people can read. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from regulars.form_builder.checks import type_words
from regulars.platform import i18n

Raw = Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """One difference; its words stand at ``forms.change.<code>`` and take ``params``."""

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def words(self, locale: str) -> str:
        """The change as a sentence."""
        spoken = {name: i18n.spoken(value, locale) for name, value in self.params.items()}
        return i18n.translate(f"forms.change.{self.code}", locale, **spoken)


def changes_between(before: Raw | None, after: Raw) -> list[Change]:
    """Every difference a reader would care about, fields first."""
    if before is None:
        return [Change("new-form", {"n": len(after["fields"])})]
    return [*_fields(before, after), *_arrangement(before, after), *_form(before, after)]


def difference(before: Raw | None, after: Raw, locale: str) -> list[str]:
    """`changes_between` as sentences in the reader's language."""
    return [each.words(locale) for each in changes_between(before, after)]


def _fields(before: Raw, after: Raw, inside: Any = None) -> Iterator[Change]:
    """The differences of a form's fields, or of the columns of the subform named ``inside``."""
    what = "field" if inside is None else "column"
    old = {each["key"]: each for each in before["fields"]}
    new = {each["key"]: each for each in after["fields"]}
    kept = {each["key"] for each in before.get("archived", ())}
    for key, each in new.items():
        if key not in old:
            yield Change(f"{what}-{'restored' if key in kept else 'added'}", _words(each, inside))
        else:
            yield from _field(old[key], each, inside)
    for key, each in old.items():
        if key not in new:
            yield Change(f"{what}-removed", _words(each, inside))


def _field(old: Raw, new: Raw, inside: Any) -> Iterator[Change]:
    if old == new:
        return
    if _name(old) != _name(new):
        yield Change("field-renamed", {"before": _name(old), "after": _name(new)})
    if old["type"] != new["type"]:
        yield Change(
            "field-retyped", {**_words(new, None), "before": _type(old), "after": _type(new)}
        )
        return
    skipped = ("label", "fields", "archived")
    if {k: v for k, v in old.items() if k not in skipped} != {
        k: v for k, v in new.items() if k not in skipped
    }:
        yield Change("field-changed" if inside is None else "column-changed", _words(new, inside))
    if "fields" in new and "fields" in old and old["fields"] != new["fields"]:
        yield from _fields(old, new, _name(new))


def _arrangement(before: Raw, after: Raw) -> Iterator[Change]:
    shared = {each["key"] for each in before["fields"]} & {each["key"] for each in after["fields"]}
    if _order(before, shared) != _order(after, shared) or _frames(before) != _frames(after):
        yield Change("rearranged")


def _order(raw: Raw, shared: set[str]) -> list[str]:
    placed = [key for part in raw.get("layout", ()) for key in part.get("fields", ())]
    rest = [each["key"] for each in raw["fields"] if each["key"] not in placed]
    return [key for key in (*placed, *rest) if key in shared]


def _frames(raw: Raw) -> list[Any]:
    """What people see of the arrangement besides the fields; names of places do not count."""
    shown: list[Any] = []
    for each in raw.get("layout", ()):
        if "section" in each:
            shown.append((each["section"], each.get("columns", 1)))
        elif "fields" not in each:
            shown.append({name: words for name, words in each.items() if name != "id"})
    return shown


def _form(before: Raw, after: Raw) -> Iterator[Change]:
    if before.get("label") != after.get("label"):
        yield Change("form-renamed", {"after": after.get("label")})
    for name in ("description", "icon", "title", "person", "logic", "checks", "workflow", "views"):
        if before.get(name) != after.get(name):
            yield Change(f"form-{name}")


def _type(each: Raw) -> dict[str, str]:
    return type_words(str(each["type"]))


def _words(each: Raw, inside: Any) -> dict[str, Any]:
    return {"field": _name(each), **({} if inside is None else {"inside": inside})}


def _name(each: Raw) -> Any:
    return each.get("label") or each["key"]
