"""apprise: more than a hundred other services for the shop's own people, by their apprise address.

Only services with an address of their own are offered: nobody names a host here, so that a shop
cannot be led to call into the network it runs in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from urllib.parse import parse_qsl, urlsplit

import apprise

from regulars.rule_engine.channels.accounts import Account
from regulars.rule_engine.channels.base import Outgoing, SendFailed
from regulars.rule_engine.channels.settings import Setting
from regulars.rule_engine.channels.staff import StaffProvider, text_of

_PLACES = re.compile(r"\{(\w+)\}")
_NAMES_A_HOST = frozenset({"host", "hostname", "port", "url", "fullpath", "path"})
# They read files, talk to relays of the caller's choice, or never leave this machine.
_NEVER = frozenset({"syslog", "fcm", "vapid", "nostr", "bsky", "bluesky", "aprs", "jira"})
_ARGUMENTS = frozenset({"to", "from", "name", "topic", "thread", "format", "priority"})


class AppriseWay(StaffProvider):
    """Hands a text to the apprise library. At most once; it tells no more than yes or no."""

    name = "apprise"
    channels = frozenset({"apprise"})
    fields = (Setting("address", "secret"),)

    def deliver(self, outgoing: Outgoing, account: Account) -> str | None:
        address = account.secrets.get("address", "")
        if not is_allowed(address):
            raise SendFailed("address-refused", permanent=True)
        messenger = apprise.Apprise()
        if not messenger.add(address):
            raise SendFailed("address-refused", permanent=True)
        if not messenger.notify(body=text_of(outgoing), title=""):
            raise SendFailed("provider-refused", "apprise", permanent=True)
        return None


@cache
def services() -> Mapping[str, str]:
    """The schemes that may be used, with the name of each service."""
    found: dict[str, str] = {}
    for each in apprise.Apprise().details()["schemas"]:
        names = set(_PLACES.findall(" ".join(map(str, each["details"]["templates"]))))
        schemes = {*(each["protocols"] or ()), *(each["secure_protocols"] or ())}
        if not names & _NAMES_A_HOST and not schemes & _NEVER:
            found |= dict.fromkeys(schemes, str(each["service_name"]))
    return found


def is_allowed(address: str) -> bool:
    """Whether an apprise address leads to a service of its own, with harmless arguments."""
    try:
        parts = urlsplit(address)
        given = {name for name, _value in parse_qsl(parts.query, keep_blank_values=True)}
    except ValueError:
        return False
    return parts.scheme.casefold() in services() and given <= _ARGUMENTS
