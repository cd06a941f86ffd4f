"""Lanes: messages leave beside the work of the rules, and none is left for having come late."""

import threading
from concurrent.futures import wait
from typing import Any

from regulars.platform.db import Workspace
from regulars.rule_engine.channels.base import providers
from regulars.rule_engine.lanes import Lanes
from regulars.rule_engine.sender import Lane
from regulars.wiring import wire


def test_a_lane_that_was_asked_for_while_it_ended_is_looked_at_once_more(
    workspace: Workspace,
) -> None:
    wire()
    lane = Lane("email", providers.get("smtp"))
    taking, ending = threading.Event(), threading.Event()
    left = [1]

    def send(*_asked: Any) -> int:
        if left:
            return left.pop()
        taking.set()  # nothing more is there; what comes from now on is not seen
        ending.wait(10)
        return 0

    with Lanes(send) as lanes:
        assert lanes.start(workspace, lane)
        taking.wait(10)
        assert not lanes.start(workspace, lane)  # something came meanwhile
        assert lanes.is_busy(workspace)
        ending.set()
        wait(list(lanes._under_way.values()))
        assert lanes.is_busy(workspace), "somebody has to look whether it is still there"
        assert not lanes.is_busy(workspace)


def test_a_lane_that_nobody_asked_for_meanwhile_is_done_when_it_ends(workspace: Workspace) -> None:
    wire()
    left = [1]
    with Lanes(lambda *_asked: left.pop() if left else 0) as lanes:
        assert lanes.start(workspace, Lane("email", providers.get("smtp")))
        while lanes.is_busy(workspace):
            lanes.rest()
        assert not lanes.is_busy()
