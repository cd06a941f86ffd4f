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


def set_headers(app: Flask) -> None:
    """Put the headers on every answer of this application."""

    @app.after_request
    def secure(response: Response) -> Response:
        headers = response.headers
        headers.setdefault("Content-Security-Policy", content_security_policy())
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("X-Frame-Options", "DENY")
        headers.setdefault("Referrer-Policy", _referrer_policy())
        headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        headers.setdefault("Permissions-Policy", "camera=(self), geolocation=(), microphone=()")
        headers.setdefault("Cache-Control", "no-store")
        if "no-store" in headers["Cache-Control"]:  # whoever keeps it anyway must know whose it is
            is_program = "Authorization" in request.headers
            response.vary.add("Authorization" if is_program else "Cookie")
        if installation().config.is_https:
            headers.setdefault("Strict-Transport-Security", "max-age=31536000")
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
    if _is_only_here(urlsplit(base).hostname or ""):
        base = request.host_url.rstrip("/")
    return f"{base}{path}"


def _is_only_here(host: str) -> bool:
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
