"""This machine in its own network."""

from __future__ import annotations

import socket

UNSPECIFIED = ("0.0.0.0", "::")  # noqa: S104 - compared with, not bound to


def address_in_network() -> str | None:
    """This machine's own address in its network, or None when it is in none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # chooses the way out; nothing is sent
        except OSError:
            return None
        return str(probe.getsockname()[0])
