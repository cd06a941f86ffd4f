"""Certificates for a shop's own network: trusted inside, worthless outside."""

import socket
import ssl
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from regulars.platform.clock import utc_now
from regulars.platform.own_certificates import (
    AUTHORITY_DAYS,
    OutsideAddress,
    Pair,
    is_good,
    new_authority,
    server_for,
)

NOW = utc_now()  # TLS looks at the real clock


def shake_hands(folder: Path, authority: Pair, server: Pair, name: str) -> str:
    """What a client that trusts the authority says of a server it calls by this name."""
    chain = folder / "server.pem"
    chain.write_text(server.certificate + server.key)
    here, there = socket.socketpair()
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(chain)
    asking = ssl.create_default_context(cadata=authority.certificate)

    def answer() -> None:
        try:
            serving.wrap_socket(there, server_side=True).close()
        except OSError:
            there.close()

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        asking.wrap_socket(here, server_hostname=name).close()
    except ssl.SSLError as error:
        return str(error)
    finally:
        here.close()
        thread.join(30)
    return "trusted"


def test_a_phone_that_trusts_the_authority_trusts_the_server(tmp_path: Path) -> None:
    authority = new_authority("Shop", now=NOW)
    server = server_for(authority, ["192.168.1.20", "shop.local"], now=NOW)
    for name in ("192.168.1.20", "shop.local"):
        assert shake_hands(tmp_path, authority, server, name) == "trusted"
    assert "mismatch" in shake_hands(tmp_path, authority, server, "192.168.1.21")
    other = new_authority("Other", now=NOW)
    assert "certificate verify failed" in shake_hands(tmp_path, other, server, "shop.local")


@pytest.mark.parametrize("address", ["8.8.8.8", "example.org", "mylocal", "2001:db8::1"])
def test_the_authority_vouches_for_nothing_outside(address: str) -> None:
    with pytest.raises(OutsideAddress):
        server_for(new_authority("Shop", now=NOW), [address], now=NOW)


def test_an_old_authority_is_made_anew_in_time() -> None:
    authority = new_authority("Shop", now=NOW)
    assert is_good(authority, now=NOW + timedelta(days=AUTHORITY_DAYS - 400))
    assert not is_good(authority, now=NOW + timedelta(days=AUTHORITY_DAYS - 390))
