"""The engine's state, all of it in SQL. Losing Redis or a process loses nothing that stands here.

A run is leased by ``token`` and ``due_at``: while ``token`` is set, ``due_at`` is the end of the
lease by the database's clock; otherwise it is when the run wants to go on. ``meant_at`` keeps what
"now" the next step means.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from regulars.platform import columns
from regulars.platform.db import workspace_metadata
from regulars.rule_engine.leases import MAX_ATTEMPTS


def _partial(name: str, *parts: Any, where: Any) -> None:
    sa.Index(name, *parts, sqlite_where=where, postgresql_where=where)


rule_state = sa.Table(
    "rule_state",
    workspace_metadata,
    sa.Column("rule", columns.Text, primary_key=True),
    sa.Column("state", columns.Text, nullable=False),  # active, paused, archived
    sa.Column("changed_at", columns.Instant, nullable=False),
    sa.Column("changed_by", columns.Text, nullable=False),
    sa.Column("fired_to", columns.Instant, nullable=False),  # slots up to here are settled
    sa.Column("history_to", columns.Instant, nullable=False),  # imports up to here are settled
    sa.Column("reason", columns.Json),  # why it was paused, when nobody did it
    sa.Column("enrol_per_day", columns.BigInt),  # so many of the backlog enter on each day
    sa.Column("enrolled_on", columns.Text),  # the shop's day on which some entered last
    sqlite_strict=True,
)

fire = sa.Table(
    "fire",
    workspace_metadata,
    sa.Column("id", columns.BigInt, primary_key=True),
    sa.Column("rule", columns.Text, nullable=False),
    sa.Column("version", columns.BigInt, nullable=False),
    sa.Column("scheduled_for", columns.Instant, nullable=False),
    sa.Column("state", columns.Text, nullable=False),  # due, done, failed
    sa.Column("due_at", columns.Instant, nullable=False),
    sa.Column("token", columns.Text),
    sa.Column("attempts", columns.BigInt, nullable=False),
    sa.Column("matched", columns.BigInt),
    sa.Column("entered", columns.BigInt),
    sa.Column("error", columns.Text),
    sa.Column("created_at", columns.Instant, nullable=False),
    sa.Column("finished_at", columns.Instant),
    sa.UniqueConstraint("rule", "scheduled_for", name="fire_once"),
    sqlite_strict=True,
)
_partial("fire_due", fire.c.due_at, where=fire.c.state == "due")

run = sa.Table(
    "run",
    workspace_metadata,
    sa.Column("id", columns.BigInt, primary_key=True),
    sa.Column("rule", columns.Text, nullable=False),
    sa.Column("version", columns.BigInt, nullable=False),
    sa.Column("form", columns.Text, nullable=False),  # of the subject
    sa.Column("record", columns.BigInt, nullable=False),
    sa.Column("entry_key", columns.Text, nullable=False),
    sa.Column("status", columns.Text, nullable=False),  # live, done, failed, stuck, skipped
    sa.Column("outcome", columns.Text),  # finished, goal, stopped …: how a run that is over ended
    sa.Column("cursor", columns.Text),  # the step it is at
    sa.Column("iteration", columns.BigInt, nullable=False),
    sa.Column("due_at", columns.Instant),
    sa.Column("meant_at", columns.Instant),
    sa.Column("wait_kind", columns.Text),  # wait, wait_until, wait_for, retry
    sa.Column("seen_event", columns.BigInt),  # the event a wait_for was answered by
    sa.Column("anchor_at", columns.Instant),  # since when answers count
    sa.Column("token", columns.Text),
    sa.Column("attempts", columns.BigInt, nullable=False),
    sa.Column("seq", columns.BigInt, nullable=False),  # how many steps its trace has
    sa.Column("context", columns.Json, nullable=False),  # records by name
    sa.Column("loops", columns.Json),  # the loops it is inside of, the innermost last
    sa.Column("trigger_event", columns.BigInt),
    sa.Column("purpose", columns.Text),
    sa.Column("group_key", columns.Text),
    sa.Column("arm", columns.Text, nullable=False),  # treatment, control
    sa.Column("chain", columns.Json, nullable=False),  # rules that caused what started it
    sa.Column("reason", columns.Json),  # what ended it: a code with its parameters
    sa.Column("entered_at", columns.Instant, nullable=False),
    sa.Column("created_at", columns.Instant, nullable=False),
    sa.Column("finished_at", columns.Instant),
    sa.UniqueConstraint("rule", "form", "record", "entry_key", name="run_once"),
    sqlite_strict=True,
)  # fmt: skip
_partial("run_next", run.c.due_at, run.c.id, where=run.c.status == "live")
_partial("run_worn_out", run.c.due_at,
         where=sa.and_(run.c.status == "live", run.c.attempts >= MAX_ATTEMPTS))  # fmt: skip
_partial("run_live_of_record", run.c.form, run.c.record, where=run.c.status == "live")
_partial("run_live_version", run.c.rule, run.c.version, where=run.c.status == "live")
_partial("run_stuck", run.c.status, run.c.id, where=run.c.status == "stuck")
_partial("run_failed", run.c.status, run.c.id, where=run.c.status == "failed")
LIVE = run.c.status == sa.bindparam("live", "live", literal_execute=True)
"""What has not ended; written out for the index `run_next`."""
sa.Index("run_of_rule", run.c.rule, run.c.status, run.c.id)
sa.Index("run_of_record", run.c.form, run.c.record, run.c.id)

run_step = sa.Table(
    "run_step",
    workspace_metadata,
    sa.Column("run", columns.BigInt, primary_key=True),
    sa.Column("path", columns.Text, primary_key=True),
    sa.Column("iteration", columns.BigInt, primary_key=True),
    sa.Column("seq", columns.BigInt, nullable=False),
    sa.Column("step", columns.Text, nullable=False),
    sa.Column("do", columns.Text, nullable=False),
    sa.Column("outcome", columns.Text, nullable=False),  # done, waiting, answered …
    sa.Column("input", columns.Json),
    sa.Column("output", columns.Json),
    sa.Column("error", columns.Json),  # a code with its parameters
    sa.Column("attempts", columns.BigInt, nullable=False),
    sa.Column("started_at", columns.Instant, nullable=False),
    sa.Column("finished_at", columns.Instant),
    sqlite_strict=True,
)  # fmt: skip

outbound = sa.Table(
    "outbound",
    workspace_metadata,
    sa.Column("id", columns.BigInt, primary_key=True),
    sa.Column("idempotency_key", columns.Text, nullable=False, unique=True),  # run:step:iteration
    sa.Column("run", columns.BigInt, nullable=False),
    sa.Column("rule", columns.Text, nullable=False),
    sa.Column("rule_version", columns.BigInt, nullable=False),
    sa.Column("step", columns.Text, nullable=False),
    sa.Column("message", columns.Text, nullable=False),
    sa.Column("message_version", columns.BigInt, nullable=False),
    sa.Column("form", columns.Text, nullable=False),  # of the person
    sa.Column("record", columns.BigInt, nullable=False),
    sa.Column("purpose", columns.Text, nullable=False),
    sa.Column("channel", columns.Text, nullable=False),
    sa.Column("provider", columns.Text),
    sa.Column("address", columns.Text),
    sa.Column("locale", columns.Text, nullable=False),
    sa.Column("body", columns.Json, nullable=False),  # the rendered parts of the channel
    sa.Column("merged", columns.Json),  # a short message's merged values: [[name, value], …]
    sa.Column("status", columns.Text, nullable=False),
    sa.Column("reason", columns.Json),  # why it was not sent: a code with its parameters
    sa.Column("decision", columns.Json),  # what the gate saw when it decided
    sa.Column("due_at", columns.Instant, nullable=False),
    sa.Column("meant_at", columns.Instant, nullable=False),
    sa.Column("expires_at", columns.Instant),
    sa.Column("token", columns.Text),
    sa.Column("attempts", columns.BigInt, nullable=False),
    sa.Column("provider_id", columns.Text),
    sa.Column("created_at", columns.Instant, nullable=False),
    sa.Column("sending_at", columns.Instant),
    sa.Column("finished_at", columns.Instant),
    sa.Column("resolved_by", columns.Text),
    sa.Column("clicked_at", columns.Instant),  # the first click on any of its links
    sa.Column("replied_at", columns.Instant),  # the first answer to it
    sa.Column("parts", columns.BigInt),  # of a short message, as it is paid
    sa.Column("cost", columns.BigInt),  # in ten-thousandths of the shop's currency
    sa.Column("receipt", columns.Text),  # delivered, undelivered: the provider's later word
    sa.Column("receipt_at", columns.Instant),
    sa.Column("receipt_detail", columns.Text),
    sa.Column("asked_at", columns.Instant),  # when its provider was last asked what became of it
    sa.Column("opened_at", columns.Instant),  # where the shop asks for it, its first opening
    sqlite_strict=True,
)
NO_RULE = ""
"""In the place of a rule: the message answers what the person has just done."""
_UNSENT = outbound.c.status.in_(("queued", "sending"))
_partial(
    "outbound_next", outbound.c.channel, outbound.c.due_at, outbound.c.id, where=_UNSENT
)  # fmt: skip
_partial("outbound_worn_out", outbound.c.due_at,
         where=sa.and_(_UNSENT, outbound.c.attempts >= MAX_ATTEMPTS))  # fmt: skip
WAITING = outbound.c.status.in_(
    sa.bindparam("waiting", ("queued", "sending"), expanding=True, literal_execute=True)
)
"""What has not left and is not given up. Written out in the statement: SQLite finds the index
`outbound_next` by the very words of its condition."""
_partial("outbound_apart", outbound.c.status, outbound.c.id,
         where=outbound.c.status.not_in(("queued", "sending", "sent")))  # fmt: skip
KEPT_BACK = outbound.c.status.not_in(
    sa.bindparam("apart", ("queued", "sending", "sent"), expanding=True, literal_execute=True)
)
"""What neither waits nor was sent; written out for the index `outbound_apart`, as above."""
sa.Index("outbound_of_person", outbound.c.form, outbound.c.record, outbound.c.id)
sa.Index("outbound_of_rule", outbound.c.rule, outbound.c.status)
sa.Index("outbound_of_rule_by_id", outbound.c.rule, outbound.c.id)
sa.Index("outbound_of_run", outbound.c.run)
sa.Index("outbound_sent_by_rule", outbound.c.rule, outbound.c.sending_at)
sa.Index("outbound_of_address", outbound.c.address)
_partial(
    "outbound_in_doubt", outbound.c.status, outbound.c.id, where=outbound.c.status == "unknown"
)
_partial("outbound_kept_back", outbound.c.finished_at, where=outbound.c.sending_at.is_(None))
_partial("outbound_left", outbound.c.sending_at, where=outbound.c.sending_at.is_not(None))
_partial("outbound_by_provider", outbound.c.provider_id, where=outbound.c.provider_id.is_not(None))

message_link = sa.Table(
    "message_link",
    workspace_metadata,
    sa.Column("token", columns.Text, primary_key=True),
    sa.Column("outbound_key", columns.Text, nullable=False),  # of the message it stands in
    sa.Column("kind", columns.Text, nullable=False),  # link, opt_out
    sa.Column("name", columns.Text, nullable=False),
    sa.Column("url", columns.Text),  # where a link leads
    sa.Column("clicks", columns.BigInt, nullable=False),
    sa.Column("first_clicked_at", columns.Instant),
    sa.Column("last_clicked_at", columns.Instant),
    sqlite_strict=True,
)
sa.Index("message_link_of_message", message_link.c.outbound_key)

webhook = sa.Table(
    "webhook",
    workspace_metadata,
    sa.Column("key", columns.Text, primary_key=True),
    sa.Column("name", columns.Text, nullable=False),
    sa.Column("url", columns.Text, nullable=False),
    sa.Column("local", columns.Flag, nullable=False),  # its host lies in the shop's own network
    sa.Column("secret", columns.Text, nullable=False),  # sealed to key and url
    sa.Column("created_at", columns.Instant, nullable=False),
    sa.Column("created_by", columns.Text, nullable=False),
    sqlite_strict=True,
)

hook = sa.Table(
    "hook",
    workspace_metadata,
    sa.Column("key", columns.Text, primary_key=True),
    sa.Column("name", columns.Text, nullable=False),
    sa.Column("state", columns.Text, nullable=False),  # active, paused
    sa.Column("token", columns.Text, nullable=False, unique=True),  # its address; proves nothing
    sa.Column("secret", columns.Text, nullable=False),  # sealed to the key
    sa.Column("old_secret", columns.Text),  # good for a while after a change
    sa.Column("old_until", columns.Instant),
    sa.Column("maps", columns.Json),  # which record a call writes or means; None: none
    sa.Column("created_at", columns.Instant, nullable=False),
    sa.Column("created_by", columns.Text, nullable=False),
    sqlite_strict=True,
)

hook_call = sa.Table(
    "hook_call",
    workspace_metadata,
    sa.Column("id", columns.BigInt, primary_key=True),
    sa.Column("hook", columns.Text, nullable=False),
    sa.Column("message", columns.Text, nullable=False),  # the sender's own name of the call
    sa.Column("type", columns.Text),
    sa.Column("outcome", columns.Text, nullable=False),  # taken, outdated, refused
    sa.Column("problems", columns.Json),
    sa.Column("form", columns.Text),
    sa.Column("record", columns.BigInt),
    sa.Column("repeats", columns.BigInt, nullable=False),  # how often it came again
    sa.Column("at", columns.Instant, nullable=False),
    sa.UniqueConstraint("hook", "message", name="hook_call_once"),
    sqlite_strict=True,
)
sa.Index("hook_call_of_hook", hook_call.c.hook, hook_call.c.id)
_partial("hook_call_of_record", hook_call.c.form, hook_call.c.record,
         where=hook_call.c.record.is_not(None))  # fmt: skip

hook_seen = sa.Table(
    "hook_seen",
    workspace_metadata,
    sa.Column("hook", columns.Text, primary_key=True),
    sa.Column("object", columns.Text, primary_key=True),
    sa.Column("version", columns.Text, nullable=False),  # the newest that was taken
    sqlite_strict=True,
)

mirror_state = sa.Table(
    "mirror_state",
    workspace_metadata,
    sa.Column("rule", columns.Text, primary_key=True),
    sa.Column("gen", columns.BigInt, nullable=False),  # raised by every change of membership
    sa.Column("as_of", columns.Instant),  # what "now" the last whole look-over meant
    sa.Column("history_to", columns.Instant),  # imports up to here are settled
    sa.Column("version", columns.BigInt),  # the rule's version that membership follows
    sa.Column("applied", columns.Json),  # form and field that the members carry the value in
    sa.Column("checked_to", columns.BigInt),  # how far the check under way is, by record
    sa.Column("checked_at", columns.Instant),  # when the last whole check was over
    sqlite_strict=True,
)

mirror_member = sa.Table(
    "mirror_member",
    workspace_metadata,
    sa.Column("rule", columns.Text, primary_key=True),
    sa.Column("record", columns.BigInt, primary_key=True),
    sa.Column("value", columns.Text, nullable=False),
    sa.Column("since", columns.Instant, nullable=False),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)
sa.Index("mirror_member_of_record", mirror_member.c.record)

mirror_past = sa.Table(
    "mirror_past",
    workspace_metadata,
    sa.Column("id", columns.BigInt, primary_key=True),
    sa.Column("rule", columns.Text, nullable=False),
    sa.Column("record", columns.BigInt, nullable=False),
    sa.Column("value", columns.Text, nullable=False),
    sa.Column("since", columns.Instant, nullable=False),
    sa.Column("until", columns.Instant, nullable=False),
    sqlite_strict=True,
)
sa.Index("mirror_past_of_record", mirror_past.c.rule, mirror_past.c.record, mirror_past.c.since)

decision = sa.Table(
    "decision",
    workspace_metadata,
    sa.Column("id", columns.BigInt, primary_key=True),
    sa.Column("rule", columns.Text, nullable=False),
    sa.Column("form", columns.Text, nullable=False),
    sa.Column("record", columns.BigInt, nullable=False),
    sa.Column("event", columns.BigInt),
    sa.Column("reason", columns.Json, nullable=False),
    sa.Column("at", columns.Instant, nullable=False),
    sqlite_strict=True,
)
sa.Index("decision_of_record", decision.c.form, decision.c.record, decision.c.at)

event_failure = sa.Table(
    "event_failure",
    workspace_metadata,
    sa.Column("event", columns.BigInt, primary_key=True),
    sa.Column("attempts", columns.BigInt, nullable=False),
    sa.Column("error", columns.Text, nullable=False),
    sa.Column("gave_up", columns.Flag, nullable=False),
    sa.Column("at", columns.Instant, nullable=False),
    sqlite_strict=True,
)

channel_setting = sa.Table(
    "channel_setting",
    workspace_metadata,
    sa.Column("channel", columns.Text, primary_key=True),
    sa.Column("provider", columns.Text, nullable=False),
    sa.Column("changed_at", columns.Instant, nullable=False),
    sa.Column("changed_by", columns.Text, nullable=False),
    sqlite_strict=True,
)

channel_account = sa.Table(
    "channel_account",
    workspace_metadata,
    sa.Column(
        "key", columns.Text, primary_key=True
    ),  # the provider's name, or a staff group's own
    sa.Column("provider", columns.Text, nullable=False),
    sa.Column("name", columns.Text, nullable=False),
    sa.Column("settings", columns.Json, nullable=False),
    sa.Column("secret", columns.Text),  # sealed to key, provider and what it is bound to
    sa.Column("inbound", columns.Text, unique=True),  # the token that receipts come in under
    sa.Column("changed_at", columns.Instant, nullable=False),
    sa.Column("changed_by", columns.Text, nullable=False),
    sqlite_strict=True,
)

circuit = sa.Table(
    "circuit",
    workspace_metadata,
    sa.Column("way", columns.Text, primary_key=True),  # a provider, or one address behind it
    sa.Column("failures", columns.BigInt, nullable=False),  # one after the other
    sa.Column("rests_until", columns.Instant),
    sa.Column("failed_at", columns.Instant),
    sa.Column("worked_at", columns.Instant),
    sa.Column("error", columns.Json),  # a code with its parameters
    sqlite_strict=True,
)
