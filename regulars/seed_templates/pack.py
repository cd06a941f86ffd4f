"""A pack as frozen objects, parsed from its files; every problem of every file together.

The manifest ``pack.json`` lists what the pack holds; each definition is one file
``<kind>s/<key>.json``. What definitions mean is checked on installing, among what is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from regulars import __version__
from regulars.platform.definitions.kinds import kinds
from regulars.platform.errors import Invalid
from regulars.platform.i18n import LOCALES, Text
from regulars.platform.json_schema import packaged, shape_problems, validator
from regulars.platform.problems import Problem, under
from regulars.platform.strict_json import BadJson, parse_json
from regulars.seed_templates.pack_files import PackFiles, read_pack_files
from regulars.seed_templates.samples.generators import generators
from regulars.seed_templates.versions import fits

KINDS = (
    "form", "print", "public_form", "till", "role", "message", "rule", "goal", "report",
    "dashboard",
)  # fmt: skip
"""What a pack may hold, in the order in which one may need the other."""

SAMPLES = "sample_data"


@dataclass(frozen=True)
class PackDefinition:
    """One definition as the pack brings it."""

    kind: str
    key: str
    raw: Mapping[str, Any]

    @property
    def label(self) -> Text:
        """What people call it."""
        return self.raw.get("label") or self.key


@dataclass(frozen=True)
class SampleSource:
    """What the sample data is made of: a named generator, its plan and its words by language."""

    generator: str
    plan: Mapping[str, Any]
    flavours: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Pack:
    """A checked pack; definitions are in the order of installing."""

    key: str
    version: str
    label: Text
    description: Text | None
    icon: str
    requires: tuple[Mapping[str, str], ...]
    definitions: tuple[PackDefinition, ...] = ()
    sample: SampleSource | None = None
    raw: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def of_kind(self, kind: str) -> list[PackDefinition]:
        """The pack's definitions of one kind."""
        return [each for each in self.definitions if each.kind == kind]


def open_pack(place: Path) -> Pack:
    """The pack in a folder or a zip; Invalid with every problem."""
    return parse_pack(read_pack_files(place))


def parse_pack(files: PackFiles) -> Pack:
    """The pack these files make; Invalid with every problem of every file."""
    reader = _Reader(files)
    manifest = reader.manifest()
    definitions = reader.definitions(manifest)
    sample = reader.sample(manifest)
    reader.leftovers(manifest)
    if reader.problems:
        raise Invalid(reader.problems)
    return Pack(
        key=manifest["key"],
        version=manifest["version"],
        label=manifest["label"],
        description=manifest.get("description"),
        icon=manifest.get("icon", "package"),
        requires=tuple(manifest.get("requires", ())),
        definitions=tuple(definitions),
        sample=sample,
        raw=manifest,
    )


@cache
def pack_schema() -> dict[str, Any]:
    """The JSON Schema of ``pack.json``."""
    return packaged("regulars.seed_templates", "pack.schema.json")


class _Reader:
    """Reads one pack's files and collects the problems."""

    def __init__(self, files: PackFiles) -> None:
        self.files = files.contents
        self.problems: list[Problem] = []
        self.used: set[str] = set()

    def manifest(self) -> dict[str, Any]:
        """``pack.json``; without a sound one nothing else can be judged."""
        raw = self._json("pack.json")
        if raw is not None:
            self.problems += under("pack.json", shape_problems(_validator(), raw))
        if self.problems:
            raise Invalid(self.problems)
        if not fits(__version__, raw["platform"]):
            wanted = {"wanted": raw["platform"], "have": __version__}
            self.problems.append(Problem("pack.json/platform", "pack-other-platform", wanted))
        return dict(raw)

    def definitions(self, manifest: Mapping[str, Any]) -> list[PackDefinition]:
        """Every listed definition whose shape holds."""
        found = []
        for kind in KINDS:
            for key in self._keys(manifest, kind):
                raw = self._json(f"{kind}s/{key}.json")
                if raw is not None and self._is_sound(kind, key, raw):
                    found.append(PackDefinition(kind, key, raw))
        return found

    def sample(self, manifest: Mapping[str, Any]) -> SampleSource | None:
        """The sample data, if the pack has some."""
        said = manifest.get(SAMPLES)
        if said is None:
            return None
        if said["generator"] not in generators:
            place = "pack.json/sample_data/generator"
            name = {"name": said["generator"]}
            self.problems.append(Problem(place, "pack-unknown-generator", name))
        plan = self._json(f"{SAMPLES}/{said['plan']}")
        flavours = {
            locale: self._json(f"{SAMPLES}/{name}") for locale, name in said["flavours"].items()
        }
        return SampleSource(
            said["generator"], plan or {}, {k: v or {} for k, v in flavours.items()}
        )

    def leftovers(self, manifest: Mapping[str, Any]) -> None:
        """A file nobody lists is a mistake the author wants to hear of."""
        for name in sorted(set(self.files) - self.used):
            self.problems.append(Problem(name, "pack-file-unlisted"))

    def _keys(self, manifest: Mapping[str, Any], kind: str) -> Iterator[str]:
        seen: set[str] = set()
        for position, key in enumerate(manifest["contents"].get(f"{kind}s", ())):
            if key in seen:
                place = f"pack.json/contents/{kind}s/{position}"
                self.problems.append(Problem(place, "duplicate-key", {"key": key}))
                continue
            seen.add(key)
            yield key

    def _is_sound(self, kind: str, key: str, raw: Any) -> bool:
        place = f"{kind}s/{key}.json"
        found = list(_foreign_references(raw))
        found += kinds.get(kind).problems(raw)
        if not found and raw.get("key") != key:
            found.append(Problem("key", "pack-other-key", {"key": str(raw.get("key"))[:60]}))
        self.problems += under(place, found)
        return not found

    def _json(self, name: str) -> Any:
        self.used.add(name)
        if name not in self.files:
            self.problems.append(Problem(name, "pack-file-missing"))
            return None
        try:
            value = parse_json(self.files[name])
        except BadJson as bad:
            words = {locale: bad.message(locale) for locale in LOCALES}
            self.problems.append(Problem(name, bad.code, bad.params, words))
            return None
        if isinstance(value, dict):
            return value
        self.problems.append(Problem(name, "shape-type", {"expected": ["object"]}))
        return None


@cache
def _validator() -> Any:
    return validator(pack_schema())


def _foreign_references(raw: Any, place: str = "") -> Iterator[Problem]:
    """A ``$ref`` has no business in a definition, least of all one that leads elsewhere."""
    parts: Iterable[tuple[Any, Any]] = ()
    if isinstance(raw, Mapping):
        parts = raw.items()
    elif isinstance(raw, list):
        parts = enumerate(raw)
    for part, value in parts:
        here = f"{place}/{part}" if place else str(part)
        if part == "$ref":
            yield Problem(here, "pack-reference")
        yield from _foreign_references(value, here)
