"""Links to public forms, what came in through them, and agreements that wait for a second yes."""

from __future__ import annotations

import sqlalchemy as sa

from regulars.platform import columns
from regulars.platform.db import workspace_metadata

public_link = sa.Table(
    "public_link",
    workspace_metadata,
    sa.Column("id", columns.BigInt, primary_key=True),
    sa.Column("public_form", columns.Text, nullable=False),
    sa.Column("unit", columns.BigInt),  # the store whose records come in; None: no store
    sa.Column("token", columns.Text, nullable=False, unique=True),  # it stands on a poster
    sa.Column("state", columns.Text, nullable=False),  # open, paused
    sa.Column("created_at", columns.Instant, nullable=False),
    sa.Column("created_by", columns.Text, nullable=False),
    sqlite_strict=True,
)
sa.Index("public_link_of_form", public_link.c.public_form, public_link.c.unit)

public_submission = sa.Table(
    "public_submission",
    workspace_metadata,
    sa.Column("id", columns.BigInt, primary_key=True),
    sa.Column("nonce", columns.Text, nullable=False, unique=True),  # of the page: sent once
    sa.Column("public_form", columns.Text, nullable=False),
    sa.Column("version", columns.BigInt, nullable=False),
    sa.Column("link", columns.BigInt, nullable=False),
    sa.Column("outcome", columns.Text, nullable=False),  # new, known, limited
    sa.Column("form", columns.Text, nullable=False),
    sa.Column("record", columns.BigInt),  # None where nothing was kept
    sa.Column("phone", columns.Text),  # a keyed hash of the number
    sa.Column("device", columns.Text),  # a hash of what the browser keeps
    sa.Column("at", columns.Instant, nullable=False),
    sqlite_strict=True,
)
sa.Index("public_submission_of_form", public_submission.c.public_form, public_submission.c.outcome)
sa.Index("public_submission_of_link", public_submission.c.link, public_submission.c.outcome)
sa.Index("public_submission_of_phone", public_submission.c.public_form, public_submission.c.phone)
sa.Index("public_submission_of_record", public_submission.c.form, public_submission.c.record)

public_opt_in = sa.Table(
    "public_opt_in",
    workspace_metadata,
    sa.Column("id", columns.BigInt, primary_key=True),
    sa.Column("token", columns.Text, nullable=False, unique=True),  # a hash of the link's secret
    sa.Column("public_form", columns.Text, nullable=False),
    sa.Column("version", columns.BigInt, nullable=False),
    sa.Column("form", columns.Text, nullable=False),
    sa.Column("record", columns.BigInt, nullable=False),
    sa.Column("channel", columns.Text, nullable=False),
    sa.Column("address", columns.Text, nullable=False),
    sa.Column("locale", columns.Text, nullable=False),
    sa.Column("consents", columns.Json, nullable=False),  # numbers of the boxes that were ticked
    sa.Column("created_at", columns.Instant, nullable=False),
    sa.Column("expires_at", columns.Instant, nullable=False),
    sa.Column("confirmed_at", columns.Instant),
    sqlite_strict=True,
)
sa.Index("public_opt_in_of_record", public_opt_in.c.form, public_opt_in.c.record)
sa.Index("public_opt_in_of_form", public_opt_in.c.public_form, public_opt_in.c.created_at)
