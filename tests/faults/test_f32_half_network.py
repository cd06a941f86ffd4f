"""F32: half of the network is gone. The pages and the ticker reach the store but not Redis, a
worker reaches Redis but not the store. Each goes on alone as well as it can, nothing happens
twice, and once the lines are mended everything is as before."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from regulars import wiring
from regulars.platform.accounts import tokens
from regulars.platform.accounts.tokens import TokenWish
from regulars.platform.db import Database, Workspace
from regulars.platform.jobs import RedisBell
from regulars.platform.redis_server import socket_path
from regulars.platform.secret_keys import new_key
from regulars.rule_engine.publishing import JOB
from regulars.rule_engine.self_check.checking import check
from tests.faults.test_up import free_port
from tests.support.busy_shop import COUPON
from tests.support.lossy_proxy import LossyProxy, lossy_proxy
from tests.support.processes import running, wait_for
from tests.support.rule_shop import RuleShop, journey
from tests.support.valkey import start_valkey

SECRET = new_key()


@dataclass
class Halves:
    """Pages and ticker on one side, a worker on the other, and the lines between them."""

    shop: RuleShop
    url: str
    key: str
    bell: RedisBell
    worker_log: Path
    lines: tuple[LossyProxy, LossyProxy]

    def asks(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """The JSON that the pages' process answers with; an error when it refuses."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": self.key, "Content-Type": "application/json"}
        with urlopen(Request(self.url + path, data, headers), timeout=60) as answer:
            return json.load(answer)

    def answers(self) -> bool:
        try:
            return bool(self.asks("/readyz")["ok"])
        except OSError:
            return False

    def buys(self) -> int:
        """An order, sent in over the network."""
        who = self.shop.customer()
        order = {"customer": who, "amount": "100", "status": "paid"}
        self.asks("/api/v1/forms/orders/records", order)
        return who

    def coupons(self, who: int) -> int:
        condition = {"field": "customer", "op": "is", "value": who}
        found = self.asks("/api/v1/forms/coupons/records/search", {"filter": condition})
        return len(found["records"])

    def failed_jobs(self) -> int:
        return self.worker_log.read_text(encoding="utf-8").count("failed")


@contextmanager
def parts(
    database: Database, folder: Path, redis: Path, wires: tuple[Path, Path]
) -> Iterator[str]:
    """The processes: those of the first half, and the worker; the address of the pages."""
    to_redis, to_store = wires
    port = free_port()
    both = {
        "REGULARS_DATA_DIR": str(database.data_dir),
        "REGULARS_SECRET_KEY": SECRET,
        "REGULARS_PORT": str(port),
    }
    here = both | {
        "REGULARS_DATABASE_URL": database.url,
        "REGULARS_REDIS_URL": f"unix://{to_redis}",
    }
    far = database.url.partition("?")[0] + f"?host={to_store}"
    there = both | {"REGULARS_DATABASE_URL": far, "REGULARS_REDIS_URL": f"unix://{redis}"}
    with ExitStack() as started:
        for name, environ in (("web", here), ("ticker", here), ("worker", there)):
            log = folder / f"{name}.log"
            started.enter_context(running("regulars.cli", name, log=log, environ=environ))
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def halves(
    database: Database, workspace: Workspace, postgres_front: str, tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Halves]:  # fmt: skip
    wiring.wire()
    shop = RuleShop(database, workspace).open()
    shop.publish(journey("thanks", steps=[COUPON]))
    with database.main_tx() as connection:
        wish = TokenWish("till", "owner", ())
        key = tokens.create_token(connection, workspace, wish, now=database.clock())
    folder = tmp_path_factory.mktemp("r")
    server, url = start_valkey(folder)
    redis = socket_path(folder)
    bell = RedisBell(url, SECRET, wiring.job_kinds(database))
    try:
        with (
            lossy_proxy(redis) as to_redis,
            lossy_proxy(postgres_front) as to_store,
            parts(database, tmp_path, redis, (to_redis.socket, to_store.folder)) as address,
        ):
            lines = (to_redis, to_store)
            found = Halves(shop, address, f"Bearer {key}", bell, tmp_path / "worker.log", lines)
            wait_for(found.answers, "the pages")
            yield found
    finally:
        bell.close()
        server.terminate()
        server.wait(timeout=30)


def once(halves: Halves, who: int) -> Callable[[], bool]:
    return lambda: halves.coupons(who) == 1


@pytest.mark.postgresql
def test_f32_each_half_of_a_cut_network_goes_on_alone_and_nothing_happens_twice(
    halves: Halves,
) -> None:
    people = [halves.buys()]
    wait_for(once(halves, people[0]), "the worker")

    for line in halves.lines:
        line.cut()
    people.append(halves.buys())
    wait_for(once(halves, people[1]), "the ticker to do the work itself")
    assert halves.bell.ring(JOB)
    wait_for(halves.failed_jobs, "the worker to find no store")
    wait_for(lambda: halves.asks("/readyz")["queue"] is False, "monitoring to be told")

    for line in halves.lines:
        line.mend()
    people.append(halves.buys())
    wait_for(once(halves, people[2]), "the worker")
    wait_for(lambda: halves.asks("/readyz")["queue"] is True, "monitoring to be told")
    assert [halves.coupons(who) for who in people] == [1, 1, 1]
    with halves.shop.work() as uow:
        assert check(uow).breaches == ()
