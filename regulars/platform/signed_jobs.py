"""Jobs that cannot be forged: signed payloads, and only work that was registered by name.

RQ would import and call whatever dotted path it finds in Redis. Here a payload without our
signature is refused, a job's function is looked up in a list of registered kinds instead of being
imported, and the parts of a job that lie outside the signature (callbacks, webhooks) are dropped.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer
from rq.job import Job
from rq.serializers import Serializer

log = logging.getLogger(__name__)

Handler = Callable[[Mapping[str, Any]], None]
Keys = str | Sequence[str]


@dataclass(frozen=True)
class JobKind:
    """One kind of work: its literal name, the queue it waits in, its longest time in seconds.

    ``handle`` gets the payload; it loads what it needs from the database and calls one service.
    """

    name: str
    queue: str
    handle: Handler
    timeout: int = 60


class JobRefused(Exception):
    """A job that nobody here registered, or whose payload we did not sign."""


class JobFailed(Exception):
    """A job that did not come to its end; the log tells why."""


def bell_key(name: str) -> str:
    """The key that says "this doorbell has been rung and not been answered yet"."""
    return f"regulars:bell:{name}"


def signed_serializer(keys: Keys) -> Serializer:
    """What RQ calls a serializer: JSON with our signature around it.

    The first of several keys signs; jobs that still carry the signature of another are done, too.
    """
    ring = [keys] if isinstance(keys, str) else list(reversed(keys))
    signer = URLSafeSerializer(ring, salt="regulars.jobs")

    class SignedJson:
        @staticmethod
        def dumps(value: Any) -> bytes:
            return str(signer.dumps(value)).encode("ascii")

        @staticmethod
        def loads(data: bytes) -> Any:
            try:
                return signer.loads(data)
            except BadSignature as error:
                raise JobRefused("A job with a foreign or damaged signature.") from error

    return SignedJson


def allowed_jobs(kinds: Mapping[str, JobKind]) -> type[Job]:
    """The job class for workers: runs registered kinds and nothing else."""

    class AllowedJob(Job):
        @property
        def func(self) -> Callable[..., None]:
            kind = kinds.get(str(self.func_name))
            if kind is None or self.instance is not None:
                raise JobRefused(f"No job is called {self.func_name!r} here.")
            return functools.partial(_answer, self, kind)

        def restore(self, raw_data: Any) -> Any:
            restored = super().restore(raw_data)
            self.webhooks = []
            self._success_callback_name = None
            self._failure_callback_name = None
            self._stopped_callback_name = None
            return restored

    return AllowedJob


def _answer(job: Job, kind: JobKind, payload: Mapping[str, Any]) -> None:
    """Lift the doorbell first: whoever rings from now on is heard by the next job."""
    job.connection.delete(bell_key(kind.name))
    try:
        kind.handle(payload)
    except Exception:
        log.exception("The job %s failed.", kind.name)
        # The server keeps what failed jobs say; the story with its details stays in our log.
        raise JobFailed(kind.name) from None
