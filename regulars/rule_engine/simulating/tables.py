"""Where simulations stand: what was asked, how far it is, what it found, and whom it met."""

from __future__ import annotations

import sqlalchemy as sa

from regulars.platform import columns
from regulars.platform.db import workspace_metadata

simulation = sa.Table(
    "simulation",
    workspace_metadata,
    sa.Column("id", columns.BigInt, primary_key=True),
    sa.Column("rule", columns.Text, nullable=False),
    sa.Column("body", columns.Json, nullable=False),  # the rule as it was tried
    sa.Column("body_hash", columns.Text, nullable=False),
    sa.Column("days", columns.BigInt, nullable=False),
    sa.Column("end_at", columns.Instant, nullable=False),
    sa.Column("state", columns.Text, nullable=False),  # due, running, done, failed
    sa.Column("progress", columns.BigInt, nullable=False),  # of a thousand
    sa.Column("figures", columns.Json),
    sa.Column("peak_per_hour", columns.BigInt),
    sa.Column("problems", columns.Json),  # [{path, code, params}] of a rule that cannot run
    sa.Column("locale", columns.Text, nullable=False),
    sa.Column("asked_by", columns.Text, nullable=False),
    sa.Column("due_at", columns.Instant),  # while running: the end of the lease
    sa.Column("token", columns.Text),
    sa.Column("attempts", columns.BigInt, nullable=False),
    sa.Column("created_at", columns.Instant, nullable=False),
    sa.Column("finished_at", columns.Instant),
    sqlite_strict=True,
)
sa.Index("simulation_of_rule", simulation.c.rule, simulation.c.id)
sa.Index(
    "simulation_due", simulation.c.due_at,
    sqlite_where=simulation.c.due_at.is_not(None),
    postgresql_where=simulation.c.due_at.is_not(None),
)  # fmt: skip

simulation_person = sa.Table(
    "simulation_person",
    workspace_metadata,
    sa.Column("simulation", columns.BigInt, primary_key=True),
    sa.Column("run", columns.BigInt, primary_key=True),  # of the simulation, not a real one
    sa.Column("form", columns.Text, nullable=False),
    sa.Column("record", columns.BigInt, nullable=False),
    sa.Column("at", columns.Instant, nullable=False),
    sa.Column("arm", columns.Text, nullable=False),
    sa.Column("status", columns.Text, nullable=False),
    sa.Column("outcome", columns.Text),
    sa.Column("why", columns.Json),  # a finding: what made them fit at that moment
    sa.Column("messages", columns.Json, nullable=False),
    sqlite_strict=True,
)
sa.Index("simulation_person_of_record", simulation_person.c.form, simulation_person.c.record)
