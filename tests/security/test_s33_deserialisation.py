"""S33: nothing that lies in Redis, a cookie or a store can make us run code it names."""

import ast
import base64
import pickle
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from rq import Queue
from rq.job import Job
from rq.registry import FailedJobRegistry

from regulars.platform.jobs import RedisBell
from regulars.platform.secret_keys import new_key
from regulars.platform.signed_jobs import JobRefused, allowed_jobs, signed_serializer
from tests.support import house
from tests.support.job_worker import SECRET, kinds
from tests.support.processes import running, wait_for
from tests.support.site import Site

UNSAFE_MODULES = {
    "pickle", "cPickle", "dill", "cloudpickle", "marshal", "shelve", "jsonpickle", "yaml",
}  # fmt: skip
UNSAFE_CALLS = {"eval", "exec", "compile", "__import__"}


class Bomb:
    """Touches a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return open, (str(self.path), "w")


@pytest.fixture
def bell(valkey: redis.Redis, valkey_url: str, tmp_path: Path) -> Iterator[RedisBell]:
    made = RedisBell(valkey_url, SECRET, kinds(tmp_path))
    yield made
    made.close()


def test_s33_a_worker_runs_neither_pickles_nor_functions_nor_forgeries(
    bell: RedisBell, valkey: redis.Redis, valkey_url: str, tmp_path: Path
) -> None:
    evil = ["os.system", f"touch {tmp_path}/owned"]
    signed, foreign = signed_serializer(SECRET), signed_serializer(new_key())
    pushed = [
        Queue("rules", connection=valkey, serializer="json").enqueue(*evil),
        Queue("rules", connection=valkey).enqueue(*evil),  # RQ's own way: a pickle
        Queue("rules", connection=valkey, serializer=signed).enqueue(*evil),
        Queue("rules", connection=valkey, serializer=foreign).enqueue("note", {"text": "x"}),
    ]
    bombed = Queue("rules", connection=valkey, serializer=signed).enqueue("drain", {})
    payload = zlib.compress(pickle.dumps(Bomb(tmp_path / "owned")))
    valkey.hset(Job.key_for(bombed.id), "data", payload)

    with running("tests.support.job_worker", valkey_url, str(tmp_path), log=tmp_path / "log"):
        bell.ring("drain")
        wait_for((tmp_path / "drained").exists, "the honest job behind them")

    failed = FailedJobRegistry("rules", connection=valkey).get_job_ids(cleanup=False)
    assert {each.id for each in [*pushed, bombed]} <= set(failed)
    assert not (tmp_path / "owned").exists()
    assert not (tmp_path / "note").exists()


def test_s33_what_lies_outside_the_signature_is_dropped(
    bell: RedisBell, valkey: redis.Redis, tmp_path: Path
) -> None:
    bell.ring("drain")
    job_class = allowed_jobs({kind.name: kind for kind in kinds(tmp_path)})
    settings = {"connection": valkey, "serializer": signed_serializer(SECRET)}
    (name,) = Queue("rules", job_class=job_class, **settings).job_ids
    for hook in ("success_callback_name", "failure_callback_name", "stopped_callback_name"):
        valkey.hset(Job.key_for(name), hook, "os.system")
    valkey.hset(Job.key_for(name), "webhooks", '[{"url": "http://192.0.2.1/"}]')
    job = job_class.fetch(name, **settings)
    assert (job.success_callback, job.failure_callback, job.stopped_callback) == (None,) * 3
    assert job.webhooks == []


@pytest.mark.parametrize("name", ["os.system", "regulars.platform.jobs.ring", "drain.handle", ""])
def test_s33_only_kinds_by_their_literal_name_are_work(tmp_path: Path, name: str) -> None:
    job_class = allowed_jobs({kind.name: kind for kind in kinds(tmp_path)})
    job = job_class("x", connection=redis.Redis(), serializer=signed_serializer(SECRET))
    job._func_name, job._instance, job._args, job._kwargs = name, None, (), {}
    with pytest.raises(JobRefused):
        _ = job.func


@pytest.mark.one_database
def test_s33_a_pickle_in_a_cookie_is_no_message(site: Site, tmp_path: Path) -> None:
    site.person("Alice")
    raw = base64.urlsafe_b64encode(pickle.dumps(Bomb(tmp_path / "owned"))).decode()
    for value in (raw, f"{raw}.x", f".{raw}.x.y"):
        visitor = site.visitor()
        visitor.set_cookie("regulars_flash", value)
        visitor.set_cookie("session", value)
        assert visitor.get("/sign-in").status_code == 200
    assert not (tmp_path / "owned").exists()


def test_s33_no_module_reads_pickles_or_runs_text() -> None:
    found = []
    for path in house.python_files(house.PACKAGE):
        tree = house.syntax_of(path)
        for node in ast.walk(tree):
            names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module]
            if any(name.split(".")[0] in UNSAFE_MODULES for name in names):
                found.append(f"{house.name_of(path)}: {names}")
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in UNSAFE_CALLS
            ):
                found.append(f"{house.name_of(path)}: {node.func.id}")
    assert found == []
