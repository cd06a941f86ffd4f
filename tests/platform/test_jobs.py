from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from rq import Queue
from rq.job import Job

from regulars.platform import jobs
from regulars.platform.jobs import RedisBell
from regulars.platform.signed_jobs import (
    JobKind,
    JobRefused,
    allowed_jobs,
    bell_key,
    signed_serializer,
)
from tests.support.job_worker import SECRET, kinds
from tests.support.processes import running, wait_for


@pytest.fixture
def bell(valkey: redis.Redis, valkey_url: str, tmp_path: Path) -> Iterator[RedisBell]:
    made = RedisBell(valkey_url, SECRET, kinds(tmp_path))
    yield made
    made.close()


def waiting(connection: redis.Redis, queue: str = "rules") -> int:
    return len(Queue(queue, connection=connection))


def test_many_rings_wake_one_worker(bell: RedisBell, valkey: redis.Redis) -> None:
    assert all(bell.ring("drain") for _ in range(20))
    assert waiting(valkey) == 1


def test_a_ring_after_the_bell_was_lifted_is_heard_again(
    bell: RedisBell, valkey: redis.Redis
) -> None:
    bell.ring("drain")
    valkey.delete(bell_key("drain"))  # what a worker does before it looks for work
    bell.ring("drain")
    assert waiting(valkey) == 2


def test_a_worker_lifts_the_bell_before_it_starts(
    bell: RedisBell, valkey: redis.Redis, valkey_url: str, tmp_path: Path
) -> None:
    seen: list[int] = []
    kind = JobKind(
        "drain", "rules", lambda _payload: seen.append(valkey.exists(bell_key("drain")))
    )
    bell.ring("drain")

    perform_waiting(valkey, kind)

    assert seen == [0]


def perform_waiting(connection: redis.Redis, kind: JobKind) -> None:
    """Do in this process what a worker does with the waiting job."""
    queue = Queue(
        kind.queue,
        connection=connection,
        job_class=allowed_jobs({kind.name: kind}),
        serializer=signed_serializer(SECRET),
    )
    (job,) = queue.jobs
    job.perform()


def test_a_job_never_shows_its_payload_in_its_description(
    bell: RedisBell, valkey: redis.Redis
) -> None:
    bell.enqueue("note", {"text": "138 0013 8000"})
    (name,) = Queue("interactive", connection=valkey).job_ids
    assert valkey.hget(Job.key_for(name), "description") == b"note"


def test_rings_that_come_close_together_are_one_and_none_is_lost() -> None:
    rung: list[str] = []

    class Slow(jobs.Silence):
        def ring(self, name: str) -> bool:
            rung.append(name)
            if name == "broken":
                raise RuntimeError
            return False

    gathered = jobs.Gathered(Slow())
    for _ in range(50):
        assert gathered.ring("drain")
    wait_for(lambda: rung == ["drain"], "the first ring")
    gathered.ring("broken")  # a bell that breaks does not stay silent for ever
    wait_for(lambda: rung == ["drain", "broken"], "the second ring")
    gathered.ring("drain")
    wait_for(lambda: rung == ["drain", "broken", "drain"], "the third ring")


def test_without_a_server_nobody_is_woken(tmp_path: Path) -> None:
    bell = RedisBell(f"unix://{tmp_path}/absent.sock", SECRET, kinds(tmp_path))
    assert not bell.ring("drain")
    assert not bell.enqueue("note", {"text": "x"})
    bell.close()


def test_a_process_that_installed_no_bell_is_silent() -> None:
    assert not jobs.Silence().ring("drain")
    assert not jobs.Silence().enqueue("drain", {})


def test_an_unknown_kind_is_a_mistake_not_silence(bell: RedisBell) -> None:
    with pytest.raises(JobRefused):
        bell.ring("no such kind")


def test_the_action_for_after_commit_is_the_same_object_each_time() -> None:
    assert jobs.ringer("drain") is jobs.ringer("drain")
    assert jobs.ringer("drain") is not jobs.ringer("note")


def test_a_worker_runs_what_was_handed_over(
    bell: RedisBell, valkey_url: str, tmp_path: Path
) -> None:
    with running("tests.support.job_worker", valkey_url, str(tmp_path), log=tmp_path / "log"):
        bell.enqueue("note", {"text": "二楼门店"})
        wait_for((tmp_path / "note").exists, "the job")
    assert (tmp_path / "note").read_text(encoding="utf-8") == "二楼门店"
