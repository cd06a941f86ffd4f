"""``regulars certificate``: a safe connection inside the shop, for phones at the till."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from pathlib import Path

import click

from regulars.cli.base import Shell
from regulars.platform import data_folder
from regulars.platform.clock import utc_now
from regulars.platform.config import BadConfig
from regulars.platform.own_certificates import (
    SERVER_DAYS,
    OutsideAddress,
    Pair,
    is_good,
    new_authority,
    server_for,
)
from regulars.platform.own_network import address_in_network

FOLDER = "tls"
_CADDYFILE = """\
{{
	auto_https off
	default_sni {name}
}}
:{port} {{
	tls {certificate} {key}
	reverse_proxy 127.0.0.1:{inner}
}}
"""
_HOWTO = """\
  The authority that phones have to trust, once each: {authority}
    iPhone, iPad   open the file, install the profile in Settings, then switch it on under
                   General > About > Certificate Trust Settings
    Android        Settings > Security > Encryption & credentials > Install a certificate > CA
    Windows        open the file, Install certificate > Local machine > Trusted Root
    Mac            open the file in Keychain Access and set it to Always Trust
  Then start, each in a window of its own:
    caddy run --config {caddyfile}
    REGULARS_BASE_URL={url} REGULARS_TRUSTED_PROXIES=1 ./run
  On the phone: {url}
  The certificate is good for {days} days; run this command again before, phones need nothing new.
"""


@click.command("certificate")
@click.option(
    "--address", "addresses", multiple=True, help="An address or .local name of this machine."
)
@click.option("--https-port", type=click.IntRange(1, 65535), default=8443, show_default=True)
@click.pass_obj
def certificate(shell: Shell, addresses: Sequence[str], https_port: int) -> None:
    """Make certificates for the shop's own network, so that camera and offline work on phones."""
    config = shell.config
    own = list(addresses) or _own_addresses()
    folder = config.data_dir / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    now = utc_now()
    authority = _kept(folder)
    if authority is None or not is_good(authority, now=now):
        authority = new_authority(f"Regulars {socket.gethostname()}", now=now)
        _keep(folder, "authority", authority)
    try:
        _keep(folder, "server", server_for(authority, own, now=now))
    except OutsideAddress as outside:
        raise BadConfig(
            f"{outside} is not an address inside a network. Name one like 192.168.1.20 or "
            "shop.local with --address; for a public name use Caddy's own certificates."
        ) from None
    places = {"certificate": folder / "server.crt", "key": folder / "server.key"}
    caddyfile = folder / "Caddyfile"
    caddyfile.write_text(
        _CADDYFILE.format(port=https_port, inner=config.port, name=own[0], **places),
        encoding="utf-8",
    )
    url = f"https://{own[0]}:{https_port}"
    files = {"authority": folder / "authority.crt", "caddyfile": caddyfile}
    told = {name: str(path) for name, path in files.items()}
    shell.answer(
        {**told, "url": url, "addresses": own}, _HOWTO.format(**files, url=url, days=SERVER_DAYS)
    )


def _own_addresses() -> list[str]:
    """This machine as phones see it; never only itself."""
    found = address_in_network()
    name = socket.gethostname().partition(".")[0].lower()
    named = [f"{name}.local"] if name and name != "localhost" else []
    own = [each for each in (found, *named) if each]
    if not own:
        raise BadConfig("This machine is in no network. Name its address with --address.")
    return [*own, "localhost", "127.0.0.1"]


def _kept(folder: Path) -> Pair | None:
    files = [folder / "authority.crt", folder / "authority.key"]
    if not all(each.is_file() for each in files):
        return None
    return Pair(*(each.read_text(encoding="ascii") for each in files))


def _keep(folder: Path, name: str, pair: Pair) -> None:
    (folder / f"{name}.key").unlink(missing_ok=True)
    (folder / f"{name}.crt").write_text(pair.certificate, encoding="ascii")
    data_folder.write_private(folder / f"{name}.key", pair.key)
