"""The regions of China as addresses name them: provinces, cities, districts.

The names come with the browser files (``static/vendor/regions``); both sides read the same ones.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

AREAS = Path(__file__).parent.parent / "static" / "vendor" / "regions" / "areas.js"
NO_CITY = ("县", "省直辖县", "自治区直辖县级行政区划")
"""Cities that only exist in the list: what is below them belongs to the province itself."""
_AREA = re.compile(r'(\d{6}):\s*("[^"]+")')
_PROVINCE_TAIL = re.compile(r"(?:壮族|回族|维吾尔)?自治区$|特别行政区$|[省市]$")
_CITY_TAIL = re.compile(r"(?:市|地区|盟)$")
_BETWEEN = " ,，、-/·"


@dataclass(frozen=True)
class Region:
    """A way down: names, "" where nothing is known, and the code of the deepest one."""

    province: str = ""
    city: str = ""
    district: str = ""
    code: str = ""

    @property
    def text(self) -> str:
        """``浙江省杭州市西湖区``; a city that is its own province is named once."""
        city = "" if self.city == self.province or self.city in NO_CITY else self.city
        return f"{self.province}{city}{self.district}"


class Regions:
    """All regions, by code (``330000``, ``330100``, ``330106``)."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = names

    @cached_property
    def provinces(self) -> dict[str, str]:
        """Code → name."""
        return {code: name for code, name in self.names.items() if code.endswith("0000")}

    def below(self, code: str) -> dict[str, str]:
        """What lies one level below a province or a city."""
        return self._below.get(code, {})

    @cached_property
    def _below(self) -> dict[str, dict[str, str]]:
        made: dict[str, dict[str, str]] = {}
        for code, name in self.names.items():
            if not code.endswith("0000"):
                above = f"{code[:2]}0000" if code.endswith("00") else f"{code[:4]}00"
                made.setdefault(above, {})[code] = name
        return made

    def at(self, code: str) -> Region | None:
        """The region with this code."""
        if code not in self.names:
            return None
        province, city = f"{code[:2]}0000", f"{code[:4]}00"
        return Region(
            self.names.get(province, ""),
            self.names.get(city, "") if city != province else "",
            "" if code.endswith("00") else self.names[code],
            code,
        )

    def named(self, province: str, city: str, district: str) -> Region | None:
        """The region with these names, short or in full; None where one of them is not there."""
        here, level = "", self.provinces
        if not province:
            return None if city or district else Region()
        for name in (province, city, district):
            if not name:
                if level is not self.provinces and here.endswith("0000") and district:
                    return self._without_city(here, district)
                continue
            found = _called(level, name)
            if found is None:
                return None
            here, level = found, self.below(found)
        return self.at(here)

    def split(self, text: str) -> tuple[Region, str]:
        """The region that an address begins with, and the rest."""
        rest = text.strip()
        province, after = _begins(self.provinces, rest, _PROVINCE_TAIL)
        if not province:
            return self._from_city(rest)
        city, after_city = _begins(self.below(province), after, _CITY_TAIL)
        if not city:
            return self._from_district(province, after.removeprefix("市辖区"))
        district, after_all = _begins(self.below(city), after_city, None)
        if not district and not after.startswith(self.names[city]):
            here, there = self._from_district(province, after)
            if here.district:
                return here, there
        found = self.at(district or city)
        assert found is not None
        return found, after_all if district else after_city

    def _from_district(self, province: str, text: str) -> tuple[Region, str]:
        """A province and at once a district, as people write Beijing and what has no city."""
        found = (
            (code, rest)
            for city in self.below(province)
            for code, rest in [_begins(self.below(city), text, None)]
            if code
        )
        code, rest = next(found, (province, text))
        region = self.at(code)
        assert region is not None
        return region, rest

    def _from_city(self, text: str) -> tuple[Region, str]:
        """An address that begins with its city, where only one city is called so."""
        for code, rest in self._cities_at(text):
            district, after = _begins(self.below(code), rest, None)
            if district or text.startswith(self.names[code]):
                region = self.at(district or code)
                assert region is not None
                return region, after if district else rest
        return Region(), text

    def _cities_at(self, text: str) -> Iterable[tuple[str, str]]:
        for province in self.provinces:
            code, rest = _begins(self.below(province), text, _CITY_TAIL)
            if code and self.names[code] not in NO_CITY:
                yield code, rest

    def _without_city(self, province: str, district: str) -> Region | None:
        for city in self.below(province):
            code = _called(self.below(city), district)
            if code is not None:
                return self.at(code)
        return None


@lru_cache(maxsize=1)
def regions() -> Regions:
    """The regions that came with the browser files."""
    source = AREAS.read_text(encoding="utf-8")
    return Regions({code: json.loads(name) for code, name in _AREA.findall(source)})


def _called(level: Mapping[str, str], name: str) -> str | None:
    for code, full in level.items():
        if name in (full, _PROVINCE_TAIL.sub("", full), _CITY_TAIL.sub("", full)):
            return code
    return None


def _begins(level: Mapping[str, str], text: str, tail: re.Pattern[str] | None) -> tuple[str, str]:
    """The code of the name that ``text`` begins with ("" for none), and what follows it.

    Full names come before short ones, long ones before their beginnings.
    """
    best, length = "", 0
    for code, full in level.items():
        short = tail.sub("", full) if tail is not None else full
        for name in (full, short):
            if len(name) > max(length, 1) and text.startswith(name):
                best, length = code, len(name)
    return best, text[length:].lstrip(_BETWEEN)
