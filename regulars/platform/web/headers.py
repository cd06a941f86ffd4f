"""Headers that every answer carries: what the browser may load, embed, keep and tell."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from flask import Flask, Response, g, request

from regulars.platform import ids
from regulars.platform.errors import RegularsError
from regulars.platform.web.installation import installation
from regulars.platform.web.permissions import requested_permission

_LOCAL_NAMES = {"localhost", "testserver"}


def csp_nonce() -> str:
    """The nonce of this answer's scripts."""
    if "csp_nonce" not in g:
        g.csp_nonce = ids.new_token(16)
    nonce: str = g.csp_nonce
    return nonce


def content_security_policy() -> str:
    """The policy of this answer; the nonce stands in it when a script of the answer has it."""
    return _policy(f" 'nonce-{g.csp_nonce}'") if "csp_nonce" in g else _BARE_POLICY


def _policy(nonce: str) -> str:
    """Only our own files; no inline code or styles, no frames, no foreign form target."""
    rules = {
        "default-src": "'none'",
        "script-src": f"'self'{nonce}",
        "style-src": "'self'",
        "img-src": "'self' data: blob:",
        "font-src": "'self'",
        "connect-src": "'self'",
        "manifest-src": "'self'",
        "worker-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


_BARE_POLICY = _policy("")
_SAME = tuple(
    (name.lower(), name, value)
    for name, value in {
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(self), geolocation=(self), microphone=()",
        "Cache-Control": "no-store",
    }.items()
)
"""What stands in every answer whose view has said nothing else: its key, its name, its value."""
_TRANSPORT = ("strict-transport-security", "Strict-Transport-Security", "max-age=31536000")
_SAME_OVER_HTTPS = (*_SAME, _TRANSPORT)


def set_headers(app: Flask) -> None:
    """Put the headers on every answer of this application."""

    @app.after_request
    def secure(response: Response) -> Response:
        headers = response.headers
        given = {name.lower() for name in headers.keys()}  # noqa: SIM118 - it iterates over pairs
        wanted = _SAME if not installation().config.is_https else _SAME_OVER_HTTPS
        headers.extend([(name, value) for key, name, value in wanted if key not in given])
        if "content-security-policy" not in given:
            headers.add("Content-Security-Policy", content_security_policy())
        if "referrer-policy" not in given:
            headers.add("Referrer-Policy", _referrer_policy())
        if "no-store" in headers["Cache-Control"]:  # whoever keeps it anyway must know whose it is
            whose = "Authorization" if "Authorization" in request.headers else "Cookie"
            if "vary" in given:
                response.vary.add(whose)
            else:
                headers.add("Vary", whose)
        return response


def _referrer_policy() -> str:
    permission = requested_permission()
    hidden = permission is not None and permission.secret_address
    return "no-referrer" if hidden else "same-origin"


def trust_known_hosts(app: Flask) -> None:
    """Refuse names that are not ours: they come from DNS rebinding or a poisoned link.

    A bare address cannot be rebound, and the phone in the shop reaches us by one.
    """

    @app.before_request
    def check() -> None:
        if not _is_ours(urlsplit(f"//{request.host}").hostname or ""):
            raise RegularsError("unknown-host")


def public_url(path: str) -> str:
    """An address to hand to somebody: the configured base, or how this request came in."""
    base = installation().config.base_url
    if is_only_here(urlsplit(base).hostname or ""):
        base = request.host_url.rstrip("/")
    return f"{base}{path}"


def is_only_here(host: str) -> bool:
    """Whether a host means "this machine", which tells a phone nothing."""
    if not _is_address(host):
        return host == "localhost"
    address = ipaddress.ip_address(host)
    return address.is_loopback or address.is_unspecified


def _is_ours(host: str) -> bool:
    own = urlsplit(installation().config.base_url).hostname
    return host == own or host in _LOCAL_NAMES or _is_address(host)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
