"""Make every ``zh-Hant.json`` from the ``zh-Hans.json`` beside it: ``python -m tools.locales``.

Words become what people in Taiwan say (短信 → 簡訊). ``tools/zh_hant.json`` mends what goes wrong:
``words`` replaces a word everywhere, ``texts`` gives the whole text of one key. ``--check`` writes
nothing and fails when a file is out of date.
"""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import opencc

ROOT = Path(__file__).resolve().parent.parent
LOCALES = ROOT / "regulars" / "locales"
MENDING = ROOT / "tools" / "zh_hant.json"
SOURCE, TARGET = "zh-Hans.json", "zh-Hant.json"


@dataclass(frozen=True)
class Mending:
    """What the automatic conversion gets wrong."""

    words: dict[str, str]
    texts: dict[str, str]


def read_mending(path: Path = MENDING) -> Mending:
    """The mending kept in the repository."""
    raw = json.loads(path.read_text(encoding="utf-8"))
    return Mending(raw["words"], raw["texts"])


def to_traditional(texts: dict[str, str], mending: Mending) -> dict[str, str]:
    """The same keys in the same order, in traditional characters and words."""
    converter = opencc.OpenCC("s2twp")
    words = {converter.convert(simplified): word for simplified, word in mending.words.items()}

    def convert(text: str) -> str:
        converted: str = converter.convert(text)
        for wrong, right in words.items():
            converted = converted.replace(wrong, right)
        return converted

    return {key: mending.texts.get(key) or convert(text) for key, text in texts.items()}


def written(texts: dict[str, str]) -> str:
    """How a catalog stands in its file."""
    return json.dumps(texts, ensure_ascii=False, indent=2) + "\n"


def outdated(locales: Path, mending: Mending) -> dict[Path, str]:
    """The files that are missing or differ, with the text they should have."""
    fresh = {}
    for source in sorted(locales.glob(f"*/{SOURCE}")):
        texts = json.loads(source.read_text(encoding="utf-8"))
        target, wanted = source.with_name(TARGET), written(to_traditional(texts, mending))
        if not target.is_file() or target.read_text(encoding="utf-8") != wanted:
            fresh[target] = wanted
    return fresh


def main() -> int:
    """Write what is out of date, or only name it."""
    fresh = outdated(LOCALES, read_mending())
    for path, text in fresh.items():
        print(path.relative_to(ROOT))
        if "--check" not in sys.argv[1:]:
            path.write_text(text, encoding="utf-8")
    if fresh and "--check" in sys.argv[1:]:
        print("These are out of date; run: python -m tools.locales")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
