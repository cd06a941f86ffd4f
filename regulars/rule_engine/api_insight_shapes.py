"""What the API of simulations and effects takes and answers."""

from __future__ import annotations

from collections.abc import Mapping

from regulars.platform.web.api_route import (
    ANY,
    BOOLEAN,
    COUNT,
    DAY,
    ID,
    INSTANT,
    TEXT,
    Schema,
    array,
    named,
    nullable,
    obj,
    one_of,
)
from regulars.rule_engine.measuring.effect import STAGES
from regulars.rule_engine.simulating.span import LONGEST_DAYS

COUNTS: Schema = {"type": "object", "additionalProperties": COUNT}
PEAK: Schema = nullable({"type": "array", "prefixItems": [TEXT, COUNT]})
SIMULATE = obj(
    {},
    {
        "days": {"type": "integer", "minimum": 1, "maximum": LONGEST_DAYS},
        "rule": {"type": "object", "title": "another wording of the rule than the draft"},
    },
)
DAY_FIGURES = obj({"day": DAY, "entered": COUNT, "sent": COUNT, "held": COUNT})
FIGURES = named(
    "SimulationFigures",
    obj(
        {
            "days": COUNT, "people": COUNT, "entries": COUNT, "backlog": COUNT, "sent": COUNT,
            "by_channel": COUNTS, "held": COUNTS, "withheld": COUNT, "deferred": COUNT,
            "waiting": COUNT, "outcomes": COUNTS, "inside": COUNT, "per_day": array(DAY_FIGURES),
            "peak_hour": PEAK, "peak_day": PEAK, "records": COUNTS, "doubts": array(TEXT),
            "cost": nullable(TEXT),
        }
    ),
)  # fmt: skip
SIMULATED_MESSAGE = obj(
    {
        "step": TEXT, "message": TEXT, "channel": TEXT, "status": TEXT, "reason": nullable(TEXT),
        "at": INSTANT,
    }
)  # fmt: skip
SIMULATED_PERSON = obj(
    {
        "record": ID, "title": TEXT, "at": INSTANT, "arm": TEXT, "status": TEXT,
        "outcome": nullable(TEXT), "why": ANY, "messages": array(SIMULATED_MESSAGE),
    }
)  # fmt: skip
PROBLEM = obj({"path": TEXT, "code": TEXT, "message": TEXT})
SIMULATION = named(
    "Simulation",
    obj(
        {
            "id": ID, "rule": TEXT, "days": COUNT, "until": INSTANT,
            "state": one_of("due", "running", "done", "failed"), "progress": COUNT,
            "figures": nullable(FIGURES), "approximate": BOOLEAN, "problems": array(PROBLEM),
            "people": array(SIMULATED_PERSON),
        }
    ),
)  # fmt: skip
GROUP = obj(
    {
        "group": TEXT, "n": COUNT, "converted": COUNT, "rate": nullable(TEXT),
        "interval": array(nullable(TEXT)), "value": nullable(TEXT), "reached": COUNTS,
    }
)  # fmt: skip
COMPARED = obj(
    {
        "group": TEXT, "with": TEXT, "difference": TEXT, "ci_low": TEXT, "ci_high": TEXT,
        "relative": nullable(TEXT), "z": nullable(TEXT), "certain": BOOLEAN,
    }
)  # fmt: skip
GOAL = obj(
    {
        "form": TEXT, "within_days": COUNT, "attribution": one_of("last_entry"),
        "value": nullable(TEXT),
    }
)  # fmt: skip
GAIN = obj(
    {
        "group": TEXT, "with": TEXT, "each": TEXT, "ci_low": TEXT, "ci_high": TEXT, "whole": TEXT,
        "certain": BOOLEAN,
    }
)  # fmt: skip
EFFECT = named(
    "RuleEffect",
    obj(
        {
            "rule": TEXT, "entered": COUNT, "people": COUNT, "live": COUNT, "outcomes": COUNTS,
            "messages": COUNTS, "goal": nullable(GOAL), "unfinished": COUNT, "few": BOOLEAN,
            "groups": array(GROUP), "compared": array(COMPARED),
            "redeemed": nullable(TEXT), "gains": array(GAIN),
        }
    ),
)  # fmt: skip
REACHED_ONE = obj(
    {
        "run": ID, "record": ID, "title": TEXT, "at": INSTANT, "group": TEXT,
        "outcome": nullable(TEXT), "goal": array(obj({"record": ID, "at": INSTANT})),
    }
)  # fmt: skip
REACHED = obj({"people": array(REACHED_ONE), "next": nullable(ID)})
REACHED_QUERY: Mapping[str, Schema] = {
    "group": TEXT, "converted": one_of("true", "false"), "stage": one_of(*STAGES),
    "ending": TEXT, "below": ID,
}  # fmt: skip
REVERTED = obj({"records": COUNT, "kept": COUNT})
