"""address: where something is, with the regions of China."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

from regulars.form_builder.definition import FieldDefinition
from regulars.form_builder.field_types.base import (
    PRINTABLE,
    BadValue,
    Reading,
    Settings,
    TextLike,
    clean_text,
)
from regulars.form_builder.regions import NO_CITY, Region, regions

PARTS = ("province", "city", "district", "street", "postcode")
LONGEST = 300
_COUNTRY = re.compile(r"^(?:中华人民共和国|中国)[\s,，]*(?=\S)")
_POSTCODE = re.compile(r"(?:[\s,，;；(（]|^)*(?:邮编|邮政编码)?[:：\s]*(?<!\d)(\d{6})[)）]?$")
_POSTCODE_FIRST = re.compile(r"^(\d{6})[\s,，]+(?=\D)")


@dataclass(frozen=True)
class Address:
    """An address in its parts; ``text`` is how it is kept."""

    region: Region
    street: str
    postcode: str

    @property
    def text(self) -> str:
        """``浙江省杭州市西湖区文三路 1 号 310012``."""
        return " ".join(
            each for each in (f"{self.region.text}{self.street}", self.postcode) if each
        )

    def as_json(self) -> dict[str, str | None]:
        """The parts as programs read them."""
        city = "" if self.region.city in NO_CITY else self.region.city
        own = (self.region.province, city, self.region.district)
        parts = dict(zip(PARTS, (*own, self.street, self.postcode), strict=True))
        return {
            **{name: text or None for name, text in parts.items()},
            "code": self.region.code or None,
        }


class AddressField(TextLike):
    """One line that begins with its region and ends with its postcode, where they are known.

    What is not in China stays the text it is. At the API its parts stand apart.
    """

    name = "address"
    icon = "map-pin"
    settings: ClassVar[Settings] = {}
    may_be_unique = False
    max_length = LONGEST

    def convert(self, field: FieldDefinition, raw: Any, reading: Reading) -> Any:
        if isinstance(raw, Mapping):
            raw = _from_parts(raw)
        return super().convert(field, raw, reading)

    def refine(self, field: FieldDefinition, text: str) -> str:
        return address_of(text).text

    def to_json(self, field: FieldDefinition, value: Any) -> Any:
        return None if value is None else address_of(value).as_json()

    def json_schema(self, field: FieldDefinition) -> dict[str, Any]:
        part = {"type": ["string", "null"], "maxLength": 200, "pattern": PRINTABLE}
        parts: dict[str, Any] = dict.fromkeys(("province", "city", "district", "street"), part)
        parts["postcode"] = {"type": ["string", "null"], "pattern": r"^\d{6}$"}
        parts["code"] = {"type": ["string", "null"], "pattern": r"^\d{6}$"}
        whole = {"type": "string", "maxLength": LONGEST, "pattern": PRINTABLE}
        shape = {"type": "object", "properties": parts, "additionalProperties": False}
        return {"anyOf": [shape, whole, {"type": "null"}]}

    def json_schema_read(self, field: FieldDefinition) -> dict[str, Any]:
        parts = {name: {"type": ["string", "null"]} for name in (*PARTS, "code")}
        shape = {"type": "object", "properties": parts, "additionalProperties": False}
        return {"anyOf": [{**shape, "required": list(parts)}, {"type": "null"}]}


@lru_cache(maxsize=5000)
def address_of(text: str) -> Address:
    """The parts of an address as people write it in one line."""
    rest, postcode = _without_country(text.strip()), ""
    if found := _POSTCODE_FIRST.match(rest):
        rest, postcode = rest[found.end() :], found[1]
    elif (found := _POSTCODE.search(rest)) and found.start():
        rest, postcode = rest[: found.start()].rstrip(), found[1]
    region, street = regions().split(rest)
    return Address(region, street, postcode)


def _without_country(text: str) -> str:
    """Left out before a province; part of the name in 中国银行大厦."""
    found = _COUNTRY.match(text)
    at_home = found is not None and regions().split(text[found.end() :])[0].province
    return text[found.end() :] if found is not None and at_home else text


def _from_parts(raw: Mapping[str, Any]) -> str | None:
    """The parts as one line; BadValue for a region that is not there."""
    unknown = sorted(set(raw) - {*PARTS, "code"})
    if unknown:
        raise BadValue("unknown-part", value=str(unknown[0])[:40], allowed=[*PARTS, "code"])
    given = {name: clean_text(raw.get(name)) or "" for name in (*PARTS, "code")}
    names = [given[name] for name in PARTS[:3]]
    found = regions().named(*names) if any(names) or not given["code"] else None
    found = found if any(names) or not given["code"] else regions().at(given["code"])
    if found is None:
        raise BadValue("no-such-region", value="".join(names) or given["code"])
    if given["postcode"] and not re.fullmatch(r"\d{6}", given["postcode"]):
        raise BadValue("not-a-postcode", value=given["postcode"][:20])
    return Address(found, given["street"], given["postcode"]).text or None
