"""Certificates for a shop's own network: an authority of its own, and a server it vouches for.

Browsers give the camera and work without the line only to pages from a safe connection. The
authority may vouch for addresses inside a network alone, so that a phone that trusts it trusts
nothing else by it. Pure: keys and bytes, no files.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_DAYS, SERVER_DAYS = 3650, 397
"""Phones refuse servers whose certificate is good for longer."""
_BEFORE = timedelta(hours=1)  # clocks of phones differ a little
_INSIDE_NAMES = ("localhost", "local", "lan", "internal", "home.arpa")
_INSIDE_NETWORKS = (
    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8",
    "fc00::/7", "fe80::/10", "::1/128",
)  # fmt: skip


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, as PEM."""

    certificate: str
    key: str


class OutsideAddress(ValueError):
    """An address that is not inside a network; the authority could not vouch for it."""


def new_authority(name: str, *, now: datetime) -> Pair:
    """An authority for the inside of a network, good for ten years."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
    inside = x509.NameConstraints(
        [
            *(x509.DNSName(each) for each in _INSIDE_NAMES),
            *(x509.IPAddress(ipaddress.ip_network(each)) for each in _INSIDE_NETWORKS),
        ],
        None,
    )
    signs = x509.KeyUsage(
        digital_signature=False, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, key_cert_sign=True, crl_sign=True,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip
    made = (
        _blank(subject, subject, key, now, AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(signs, critical=True)
        .add_extension(inside, critical=True)
        .sign(key, hashes.SHA256())
    )
    return _pair(made, key)


def server_for(authority: Pair, addresses: Sequence[str], *, now: datetime) -> Pair:
    """A server at these addresses; OutsideAddress for one outside of every own network."""
    issuer = x509.load_pem_x509_certificate(authority.certificate.encode())
    signer = serialization.load_pem_private_key(authority.key.encode(), None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, addresses[0][:64])])
    names = x509.SubjectAlternativeName([_named(each) for each in addresses])
    used = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    made = (
        _blank(subject, issuer.subject, key, now, SERVER_DAYS)
        .add_extension(names, critical=False)
        .add_extension(used, critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(signer, hashes.SHA256())
    )
    return _pair(made, key)


def is_good(authority: Pair, *, now: datetime) -> bool:
    """Whether an authority still vouches for a new server until that one ends."""
    ends = x509.load_pem_x509_certificate(authority.certificate.encode()).not_valid_after_utc
    return ends > now + timedelta(days=SERVER_DAYS)


def _blank(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime,
    days: int,
) -> x509.CertificateBuilder:  # fmt: skip
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BEFORE)
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _named(address: str) -> x509.GeneralName:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        if not any(address == each or address.endswith(f".{each}") for each in _INSIDE_NAMES):
            raise OutsideAddress(address) from None
        return x509.DNSName(address)
    if not any(found in ipaddress.ip_network(each) for each in _INSIDE_NETWORKS):
        raise OutsideAddress(address)
    return x509.IPAddress(found)


def _pair(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Pair:
    kind = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    secret = key.private_bytes(kind, serialization.PrivateFormat.PKCS8, plain)
    return Pair(certificate.public_bytes(kind).decode(), secret.decode())
