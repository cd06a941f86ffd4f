"""Is there room, do the stores fit this release, does the queue answer?"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import redis
from alembic.migration import MigrationContext

from regulars.platform import migrations, redis_server
from regulars.platform.definitions import store
from regulars.platform.definitions.kinds import kinds
from regulars.platform.definitions.reading import is_whole
from regulars.platform.definitions.snapshot import snapshot
from regulars.platform.health.findings import Finding, HealthCheck, Place

_GIGABYTE = 2**30
LITTLE, VERY_LITTLE = 2 * _GIGABYTE, _GIGABYTE // 2
SAFE_POLICY = "noeviction"


def revisions(place: Place) -> Iterator[Finding]:
    """Whether both stores stand at the newest revision this release knows."""
    with place.database.main_tx(write=False) as connection:
        stand = {"main": MigrationContext.configure(connection).get_current_revision()}
    with place.database.workspace_tx(place.workspace, write=False) as uow:
        context = MigrationContext.configure(uow.connection)
        stand["workspace"] = context.get_current_revision()
    behind = [line for line, revision in stand.items() if revision != migrations.head(line)]
    if behind:
        yield Finding("bad", "store-behind", {"store": ", ".join(behind)})
    else:
        yield Finding("good", "store-fits")


def disk(place: Place) -> Iterator[Finding]:
    """How much room the data folder has left."""
    usage = shutil.disk_usage(place.database.data_dir)
    free = f"{usage.free / _GIGABYTE:.1f}"
    if usage.free < VERY_LITTLE:
        yield Finding("bad", "disk-full", {"free": free})
    elif usage.free < LITTLE:
        yield Finding("watch", "disk-low", {"free": free})
    else:
        yield Finding("good", "disk-free", {"free": free})


def queue(place: Place) -> Iterator[Finding]:
    """Whether the doorbell works, and whether its server would throw work away."""
    if not place.redis_url:
        return
    asked = redis_server.client(place.redis_url)
    try:
        asked.ping()
        yield _taking(asked) or _policy(asked)
    except redis.RedisError:
        yield Finding("watch", "queue-silent")
    finally:
        asked.close()


def _taking(asked: redis.Redis) -> Finding | None:
    """A server that is full, or somebody's replica, answers and yet takes no work."""
    try:
        asked.set("regulars:health", 1, ex=5)
    except redis.ResponseError:
        return Finding("watch", "queue-refuses")
    return None


def _policy(asked: redis.Redis) -> Finding:
    told: Any = asked.config_get("maxmemory-policy")
    policy = told.get("maxmemory-policy", SAFE_POLICY)
    if policy != SAFE_POLICY:
        return Finding("bad", "queue-forgets", {"policy": policy})
    return Finding("good", "queue-answers")


def definitions(place: Place) -> Iterator[Finding]:
    """Whether every published definition, and every draft, can still be read."""
    with place.database.workspace_tx(place.workspace, write=False) as uow:
        seen = snapshot(uow)
        drafts = [each for kind in kinds.names() for each in store.list_drafts(uow, kind)]
        hurt = [each for each in drafts if each.changed and not is_whole(each)]
    for broken in seen.broken:
        yield Finding(
            "bad",
            "definition-broken",
            {"key": broken.key, "version": str(broken.version)},
        )
    for draft in hurt:
        yield Finding("bad", "draft-broken", {"key": draft.key})
    if not seen.broken and not hurt:
        yield Finding("good", "definitions-readable", {"n": len(seen.items)})


CHECKS = (
    HealthCheck("revisions", revisions),
    HealthCheck("disk", disk),
    HealthCheck("queue", queue),
    HealthCheck("definitions", definitions),
)
