"""``/metrics`` for Prometheus: requests of this process, and what waits to be done.

Not for the public: a token (REGULARS_METRICS_TOKEN) opens it, or, while the installation is
known by a local address only, a request from this very machine.
"""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, current_app, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)

from regulars.platform.errors import NotFound
from regulars.platform.web.installation import installation
from regulars.platform.web.permissions import open_to_all

blueprint = Blueprint("metrics", __name__)

Gauges = Callable[[], Mapping[str, float]]
"""Figures read when somebody asks, by name (``due_seconds``); NaN where unknown."""

LabelledGauges = Callable[[], Mapping[str, Mapping[tuple[str, ...], float]]]
"""Figures by name and by the values of their labels (`_LABELS`); never a person's."""

_NAME = "regulars.gauges"
_LABELLED = "regulars.labelled-gauges"
_LABELS: Mapping[str, tuple[str, ...]] = {
    "messages": ("workspace", "channel", "status"),
    "rule_runs": ("workspace", "rule", "status"),
    "rule_messages": ("workspace", "rule", "status"),
    "rule_steps_per_second": ("workspace", "rule"),
    "messages_per_second": ("workspace", "channel"),
    "circuit_failures": ("workspace", "way"),
    "sending_stopped": ("workspace",),
}
_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-Ip", "Via")
_HELP = {
    "due_seconds": "Age of the oldest work that is due and not done, in seconds.",
    "backup_age_seconds": "Age of the newest good backup, of the workspace longest without.",
    "queued_jobs": "Jobs that wait in the queues.",
    "workspaces": "Workspaces in use.",
    "messages": "Messages of the last 24 hours, by channel and state; waiting ones whenever made.",
    "rule_runs": "Runs of the last 24 hours by rule and state; live and stuck ones always.",
    "rule_messages": "Messages of the last 24 hours by rule and state.",
    "rule_steps_per_second": "Steps that a rule did, over the last five minutes.",
    "messages_per_second": "Messages and calls that left, over the last five minutes.",
    "circuit_failures": "Failures in a row of one way out.",
    "sending_stopped": "1 while all sending of a workspace is stopped.",
}

_registry = CollectorRegistry()
_requests = Counter(
    "regulars_requests", "Requests answered.", ("method", "route", "status"), registry=_registry
)
_seconds = Histogram(
    "regulars_request_seconds",
    "Time to answer.",
    ("method",),
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
    registry=_registry,
)


def count_request(method: str, route: str, status: int, seconds: float) -> None:
    """Note one answered request."""
    known = method if method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE") else "OTHER"
    _requests.labels(known, route, str(status)).inc()
    _seconds.labels(known).observe(seconds)


def add_gauges(app: Flask, gauges: Gauges) -> None:
    """Let a part of the product show figures."""
    app.extensions.setdefault(_NAME, []).append(gauges)


def add_labelled_gauges(app: Flask, gauges: LabelledGauges) -> None:
    """Let a part of the product show figures by label."""
    app.extensions.setdefault(_LABELLED, []).append(gauges)


@blueprint.get("/metrics")
@open_to_all
def show() -> Response:
    """The text Prometheus reads; strangers are told that there is nothing."""
    if not _may_read():
        raise NotFound()
    fresh = CollectorRegistry()
    for gauges in current_app.extensions.get(_NAME, []):
        for name, value in gauges().items():
            Gauge(f"regulars_{name}", _HELP[name], registry=fresh).set(value)
    for labelled in current_app.extensions.get(_LABELLED, []):
        for name, rows in labelled().items():
            gauge = Gauge(f"regulars_{name}", _HELP[name], _LABELS[name], registry=fresh)
            for labels, value in rows.items():
                gauge.labels(*labels).set(value)
    body = generate_latest(_registry) + generate_latest(fresh)
    return Response(body, content_type=CONTENT_TYPE_LATEST)


def _may_read() -> bool:
    token = installation().config.metrics_token
    given = request.authorization.token if request.authorization else None
    if token and given:
        return hmac.compare_digest(given.encode(), token.encode())
    return not token and _is_only_local() and _asks_from_here()


def _is_only_local() -> bool:
    """Behind a proxy everybody seems to ask from this machine."""
    return _is_loopback(urlsplit(installation().config.base_url).hostname or "")


def _asks_from_here() -> bool:
    forwarded = any(name in request.headers for name in _FORWARDED)
    return not forwarded and _is_loopback(request.remote_addr or "")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
