"""The process that answers the doorbell: an RQ worker that forks one child for each job."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import redis
from rq import Queue, Worker
from rq.job import Job

from regulars.platform import leash
from regulars.platform.signed_jobs import JobKind, Keys, allowed_jobs, signed_serializer

HEARTBEAT_SECONDS = 60  # an idle worker shows that it lives at least this often


class JobWorker(Worker):
    """Runs registered jobs only; each in a child that lets go of what it must not share."""

    after_fork: tuple[Callable[[], None], ...] = ()

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        """In the fresh child: end with the supervisor, open own connections, then work."""
        leash.hold()
        for action in self.after_fork:
            action()
        super().main_work_horse(job, queue)

    def procline(self, message: str) -> None:
        """Stay under the name that the supervisor gave this process."""


def run_worker(
    url: str,
    keys: Keys,
    kinds: Iterable[JobKind],
    queues: Sequence[str],
    after_fork: tuple[Callable[[], None], ...],
) -> None:
    """Answer until SIGTERM (the job in hand is finished) or until the server is lost."""
    connection = redis.Redis.from_url(url)
    worker = JobWorker(
        list(queues),
        connection=connection,
        job_class=allowed_jobs({kind.name: kind for kind in kinds}),
        serializer=signed_serializer(keys),
        default_result_ttl=0,
        worker_ttl=HEARTBEAT_SECONDS,
        log_job_description=False,
    )
    worker.after_fork = after_fork
    try:
        worker.work(logging_level="WARNING")
    finally:
        connection.close()
