"""What a browser calls itself, in words: enough to tell one's phone from the till."""

from __future__ import annotations

from dataclasses import dataclass

# The first mark that is found names it: many browsers carry the names of others, too.
_BROWSERS = (
    ("MicroMessenger", "WeChat"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("HuaweiBrowser", "Huawei Browser"),
    ("UCBrowser", "UC Browser"),
    ("QQBrowser", "QQ Browser"),
    ("Firefox/", "Firefox"),
    ("FxiOS", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("HarmonyOS", "HarmonyOS"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
_HELD_IN_HAND = {"iPhone", "iPad", "HarmonyOS", "Android"}


@dataclass(frozen=True)
class DeviceWords:
    """Browser and system as people call them; empty where unknown."""

    browser: str
    system: str

    @property
    def is_phone(self) -> bool:
        """Whether it is held in the hand."""
        return self.system in _HELD_IN_HAND


def device_of(agent: str) -> DeviceWords:
    """Read a User-Agent header; nothing of it is ever shown as it came."""
    return DeviceWords(_first(_BROWSERS, agent), _first(_SYSTEMS, agent))


def _first(names: tuple[tuple[str, str], ...], agent: str) -> str:
    return next((name for mark, name in names if mark in agent), "")
