"""A message as frozen objects: one text per channel and language. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from regulars.platform import i18n
from regulars.platform.i18n import Text
from regulars.platform.privacy.purposes import MARKETING

PARTS: Mapping[str, tuple[str, ...]] = {"sms": ("text",), "email": ("subject", "markdown")}
"""The texts of each channel."""


@dataclass(frozen=True)
class Message:
    """Something to tell a person. ``channels`` maps a channel to its parts (`PARTS`).

    ``links`` are addresses by name; ``{link:shop}`` in a text stands for the one called ``shop``.
    """

    key: str
    label: Text
    purpose: str = MARKETING
    description: Text | None = None
    channels: Mapping[str, Mapping[str, Text]] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Message:
        """The message of a JSON object whose shape has been checked."""
        return cls(
            raw["key"],
            raw.get("label") or raw["key"],
            raw.get("purpose", MARKETING),
            raw.get("description"),
            raw["channels"],
            raw.get("links", {}),
        )

    def parts(self, channel: str, locale: str) -> dict[str, str]:
        """The texts of one channel in the best available language."""
        texts = self.channels.get(channel, {})
        return {name: i18n.pick(text, locale) for name, text in texts.items()}

    def texts(self) -> Iterator[tuple[str, str]]:
        """Every single text with its path: ``channels/sms/text/en``."""
        for channel, parts in self.channels.items():
            for part, text in parts.items():
                place = f"channels/{channel}/{part}"
                if isinstance(text, str):
                    yield place, text
                else:
                    yield from ((f"{place}/{locale}", words) for locale, words in text.items())
