"""What the API of rules, runs, messages and consents takes and answers."""

from __future__ import annotations

from collections.abc import Mapping

from regulars.platform.web.api_route import (
    BOOLEAN,
    COUNT,
    ID,
    INSTANT,
    INTEGER,
    LABEL,
    OBJECT,
    TEXT,
    Schema,
    array,
    definition_of,
    listing,
    named,
    nullable,
    obj,
    one_of,
)

RULE = definition_of("rule")
WORDS = definition_of("message")
# Figures are counted up to 100,000 and no further: that number means "so many or more".
FIGURES = named(
    "RuleFigures",
    obj(
        {
            "key": TEXT, "label": nullable(LABEL), "class": TEXT, "subject": nullable(TEXT),
            "state": TEXT, "changed": BOOLEAN, "live": COUNT, "ended": COUNT, "stuck": COUNT,
            "sent": COUNT, "members": COUNT, "left_out": COUNT,
        }
    ),
)  # fmt: skip
RULES: Schema = obj({"rules": array({"anyOf": [FIGURES, RULE]})})
STATE = obj({"state": nullable(one_of("active", "paused", "archived"))})
PUBLISH = obj(
    {},
    {
        "inside": one_of("finish", "move", "stop"),
        "backlog": one_of("skip", "enrol"),
        "per_day": ID,
    },
)
FORECAST = obj(
    {
        "matches": COUNT, "fresh": nullable(COUNT), "a_day": nullable({"type": "number"}),
        "scan_ms": COUNT, "is_slow": BOOLEAN, "inside": COUNT,
        "changes": array(obj({"text": TEXT, "is_new": BOOLEAN})),
    }
)  # fmt: skip
STOPPED = obj({"stopped": INTEGER})
RESUME = obj({}, {"backlog": nullable(one_of("skip", "enrol"))})
ENROL = obj({}, {"limit": nullable(ID)})
ENROLMENT = named(
    "Enrolment",
    obj(
        {
            "entered": COUNT,
            "known": COUNT,
            "held": {"type": "object", "additionalProperties": COUNT},
        }
    ),
)
START = obj({"records": array(ID)})
FINDING = named(
    "Finding",
    obj(
        {"kind": TEXT, "text": TEXT, "holds": nullable(BOOLEAN)},
        {
            "actual": nullable(TEXT),
            "against": TEXT,
            "items": array({"$ref": "#/components/schemas/Finding"}),
        },
    ),
)
EXACTNESS = one_of("exact", "about", "fewer", "unknown")
MATCHES = obj(
    {
        "form": TEXT,
        "count": nullable(COUNT),
        "exactness": EXACTNESS,
        "sample": array(obj({"id": ID, "title": TEXT, "finding": nullable(FINDING)})),
        "never": nullable(COUNT),
        "with_never": BOOLEAN,
        "never_exactness": EXACTNESS,
    }
)
ABOUT_RULE = obj({}, {"rule": RULE})
EXPLAIN = obj({"record": ID}, {"at": nullable(TEXT)})
EXPLANATION = obj(
    {
        "rule": TEXT,
        "record": ID,
        "at": INSTANT,
        "acts": BOOLEAN,
        "answers": array(
            obj({"code": TEXT, "holds": nullable(BOOLEAN), "text": TEXT}, {"finding": FINDING})
        ),
    }
)
TEST = obj({"record": ID}, {"rule": RULE, "answered": BOOLEAN})
REASON: Schema = nullable(OBJECT)
RECORD = obj({"form": TEXT, "id": ID, "title": TEXT})
CHANGE = named(
    "RunChange",
    obj({"record": RECORD, "action": TEXT, "fields": {"type": "object"}}),
)
REHEARSAL = obj(
    {
        "record": ID,
        "outcome": nullable(TEXT),
        "steps": array(
            obj(
                {
                    "path": TEXT, "do": TEXT, "outcome": TEXT, "input": REASON,
                    "output": REASON, "reason": REASON, "verdict": REASON,
                    "finding": nullable(FINDING), "changes": array(CHANGE),
                }
            )
        ),
    }
)  # fmt: skip

SUBJECT = obj({"form": TEXT, "id": ID, "title": TEXT})
RUN_PARTS: Mapping[str, Schema] = {
    "id": ID, "rule": TEXT, "version": ID, "subject": SUBJECT, "status": TEXT,
    "outcome": nullable(TEXT), "at": nullable(TEXT), "due_at": nullable(INSTANT),
    "entered_at": INSTANT, "finished_at": nullable(INSTANT), "reason": REASON, "arm": TEXT,
}  # fmt: skip
RUN = named("Run", obj(RUN_PARTS))
RUNS = listing("runs", RUN, next=nullable(ID))
RETRY = obj({"status": one_of("stuck", "failed")}, {"rule": TEXT})
RETRIED = obj({"retried": COUNT})
PERSON_QUERY: Mapping[str, Schema] = {"form": TEXT, "record": ID}
RUN_QUERY: Mapping[str, Schema] = {
    "rule": TEXT, **PERSON_QUERY, "status": TEXT, "outcome": TEXT, "before": ID,
}  # fmt: skip

MESSAGE = named(
    "OutboundMessage",
    obj(
        {
            "id": ID, "rule": TEXT, "message": TEXT, "run": nullable(ID), "person": SUBJECT,
            "channel": TEXT, "address": nullable(TEXT), "body": OBJECT, "status": TEXT,
            "reason": REASON, "due_at": INSTANT, "created_at": INSTANT,
            "finished_at": nullable(INSTANT), "clicked_at": nullable(INSTANT),
            "replied_at": nullable(INSTANT),
        }
    ),
)  # fmt: skip
MESSAGES = listing("messages", MESSAGE, next=nullable(ID))
MESSAGE_QUERY: Mapping[str, Schema] = {
    "rule": TEXT, "run": ID, **PERSON_QUERY, "status": TEXT, "before": ID, "channel": TEXT,
    "reason": TEXT,
}  # fmt: skip
DECISION = obj({"decision": one_of("sent", "resend")})
REPLY = obj({"channel": TEXT, "address": TEXT, "text": TEXT}, {"key": nullable(TEXT)})
REPLY_TAKEN = obj(
    {
        "people": array(obj({"form": TEXT, "id": ID})),
        "message": nullable(ID),
        "opted_out": BOOLEAN,
        "repeated": BOOLEAN,
    }
)

CONSENT_BODY = obj(
    {
        "person": {
            "type": "object",
            "properties": {"form": TEXT, "id": INTEGER},
            "required": ["form"],
            "examples": [{"form": "customers", "mobile": "13800138000"}],
        },
        "purpose": TEXT,
        "channel": TEXT,
        "action": one_of("grant", "withdraw"),
        "source": TEXT,
    },
    {"evidence": nullable(TEXT), "text_version": nullable(TEXT), "at": nullable(TEXT)},
)
_CONSENT: Mapping[str, Schema] = {
    "purpose": TEXT, "channel": TEXT, "granted": BOOLEAN, "at": INSTANT,
}  # fmt: skip
CONSENT_ANSWER = obj({"person": obj({"form": TEXT, "id": ID}), **_CONSENT})
CONSENTS = obj(
    {
        "consents": array(obj(_CONSENT)),
        "ledger": array(
            obj(
                {
                    "id": ID, "purpose": TEXT, "channel": TEXT, "action": TEXT, "source": TEXT,
                    "evidence": nullable(TEXT), "actor": TEXT, "at": INSTANT,
                    "recorded_at": INSTANT,
                }
            )
        ),
    }
)  # fmt: skip
