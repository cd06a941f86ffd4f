"""Reports as they were sent: kept, so that their readers can look back."""

from __future__ import annotations

import sqlalchemy as sa

from regulars.platform import columns
from regulars.platform.db import workspace_metadata

report_result = sa.Table(
    "report_result",
    workspace_metadata,
    sa.Column("id", columns.BigInt, primary_key=True),
    sa.Column("key", columns.Text, nullable=False, unique=True),  # rule:instant:step:reader
    sa.Column("rule", columns.Text, nullable=False),
    sa.Column("step", columns.Text, nullable=False),
    sa.Column("report", columns.Text, nullable=False),
    sa.Column("scheduled_for", columns.Instant, nullable=False),  # the "now" it answers for
    sa.Column("member", columns.BigInt, nullable=False),  # the reader; 0: a group of staff
    sa.Column("reader", columns.Text, nullable=False),  # what they were called
    sa.Column("role", columns.Text, nullable=False),  # whose eyes it was seen with
    sa.Column("units", columns.Json, nullable=False),
    sa.Column("locale", columns.Text, nullable=False),
    sa.Column("channel", columns.Text, nullable=False),  # today, email, staff
    sa.Column("address", columns.Text),
    sa.Column("since", columns.Text),  # the true period, as ISO days
    sa.Column("until", columns.Text),
    sa.Column("page", columns.Json),  # `reporting.Page`; None where it could not be read
    sa.Column("error", columns.Text),  # why not, in the reader's words
    sa.Column("outbound_key", columns.Text),  # of the message it left with
    sa.Column("created_at", columns.Instant, nullable=False),
    sqlite_strict=True,
)
sa.Index("report_result_of_rule", report_result.c.rule, report_result.c.scheduled_for)
sa.Index("report_result_of_member", report_result.c.member, report_result.c.scheduled_for)

report_result_person = sa.Table(
    "report_result_person",
    workspace_metadata,
    sa.Column("result", columns.BigInt, primary_key=True),
    sa.Column("row", columns.BigInt, primary_key=True),  # of the page, from 0
    sa.Column("form", columns.Text, primary_key=True),
    sa.Column("record", columns.BigInt, primary_key=True),
    sqlite_strict=True,
)
sa.Index("report_result_of_person", report_result_person.c.form, report_result_person.c.record)
