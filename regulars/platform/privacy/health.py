"""Whether the consent ledger is whole: every hash compared with the one before it."""

from __future__ import annotations

from collections.abc import Iterator

from regulars.platform.health.findings import Finding, HealthCheck, Place
from regulars.platform.privacy.ledger import verify_chain


def consent_ledger(place: Place) -> Iterator[Finding]:
    """Read the whole ledger."""
    with place.database.workspace_tx(place.workspace, write=False) as uow:
        check = verify_chain(uow)
    if check.is_whole:
        yield Finding("good", "ledger-whole", {"n": check.entries})
    else:
        yield Finding("bad", "ledger-broken", {"entry": check.broken_at})


CHECKS = (HealthCheck("consent ledger", consent_ledger),)
