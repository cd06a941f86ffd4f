"""Tables of people and keys. Users and sessions span workspaces; members and units do not."""

from __future__ import annotations

import sqlalchemy as sa

from regulars.platform import columns
from regulars.platform.db import main_metadata, workspace_metadata

user = sa.Table(
    "user",
    main_metadata,
    sa.Column("id", columns.BigInt, primary_key=True),
    sa.Column("email", columns.Text, nullable=False, unique=True),  # lower case
    sa.Column("name", columns.Text, nullable=False),
    sa.Column("password_hash", columns.Text, nullable=False),
    sa.Column("locale", columns.Text, nullable=False),
    sa.Column("admin", columns.Flag, nullable=False),  # may open new workspaces here
    sa.Column("active", columns.Flag, nullable=False),
    sa.Column("created_at", columns.Instant, nullable=False),
    sa.Column("password_at", columns.Instant, nullable=False),
    sqlite_strict=True,
)

session = sa.Table(
    "session",
    main_metadata,
    sa.Column("visit_hash", columns.Text, primary_key=True),
    sa.Column("user_id", columns.BigInt, nullable=False, index=True),
    sa.Column("created_at", columns.Instant, nullable=False),
    sa.Column("seen_at", columns.Instant, nullable=False),
    sa.Column("expires_at", columns.Instant, nullable=False),
    sa.Column("agent", columns.Text, nullable=False),
    sa.Column("address", columns.Text),
    sa.Column("confirmed_at", columns.Instant),  # when the password was last typed in it
    sa.Column("outdated_at", columns.Instant),  # rights changed: the visit gets a new id
    sa.Column("looks_as", columns.Json),  # whose eyes it borrows, where: `looking`
    sqlite_strict=True,
)

sign_in_step = sa.Table(
    "sign_in_step",
    main_metadata,
    sa.Column("visit_hash", columns.Text, primary_key=True),
    sa.Column("user_id", columns.BigInt, nullable=False, index=True),
    sa.Column("expires_at", columns.Instant, nullable=False),
    sqlite_strict=True,
)
"""Who has given the right password in a visit and still owes the second factor."""

second_factor = sa.Table(
    "second_factor",
    main_metadata,
    sa.Column("user_id", columns.BigInt, primary_key=True),
    sa.Column("secret", columns.Text, nullable=False),  # sealed
    sa.Column("begun_at", columns.Instant, nullable=False),
    sa.Column("confirmed_at", columns.Instant),  # None while it is being set up
    sa.Column("last_step", columns.BigInt),  # of the last code that was taken
    sqlite_strict=True,
)

recovery_code = sa.Table(
    "recovery_code",
    main_metadata,
    sa.Column("code_hash", columns.Text, primary_key=True),
    sa.Column("user_id", columns.BigInt, nullable=False, index=True),
    sqlite_strict=True,
)

workspace_security = sa.Table(
    "workspace_security",
    main_metadata,
    sa.Column("workspace_id", columns.BigInt, primary_key=True),
    sa.Column("owners_need_second_factor", columns.Flag, nullable=False),
    sqlite_strict=True,
)

membership = sa.Table(
    "membership",
    main_metadata,
    sa.Column("user_id", columns.BigInt, primary_key=True),
    sa.Column("workspace_id", columns.BigInt, primary_key=True),
    sqlite_strict=True,
)
"""Where to look for a user's member rows; whether they may come in stands in the workspace."""

api_token = sa.Table(
    "api_token",
    main_metadata,
    sa.Column("id", columns.BigInt, primary_key=True),
    sa.Column("workspace_id", columns.BigInt, nullable=False, index=True),
    sa.Column("name", columns.Text, nullable=False),
    sa.Column("token_hash", columns.Text, nullable=False, unique=True),
    sa.Column("hint", columns.Text, nullable=False),  # its last four characters
    sa.Column("role", columns.Text, nullable=False),
    sa.Column("unit_ids", columns.Json, nullable=False),
    sa.Column("made_by", columns.BigInt),  # member id; None from the command line
    sa.Column("created_at", columns.Instant, nullable=False),
    sa.Column("used_at", columns.Instant),
    sa.Column("revoked_at", columns.Instant),
    sqlite_strict=True,
)

invitation = sa.Table(
    "invitation",
    main_metadata,
    sa.Column("id", columns.BigInt, primary_key=True),
    sa.Column("workspace_id", columns.BigInt, nullable=False, index=True),
    sa.Column("token_hash", columns.Text, nullable=False, unique=True),
    sa.Column("email", columns.Text, nullable=False),
    sa.Column("name", columns.Text, nullable=False),
    sa.Column("role", columns.Text, nullable=False),
    sa.Column("unit_ids", columns.Json, nullable=False),
    sa.Column("made_by", columns.BigInt),
    sa.Column("created_at", columns.Instant, nullable=False),
    sa.Column("expires_at", columns.Instant, nullable=False),
    sa.Column("used_at", columns.Instant),
    sqlite_strict=True,
)

password_link = sa.Table(
    "password_link",
    main_metadata,
    sa.Column("token_hash", columns.Text, primary_key=True),
    sa.Column("user_id", columns.BigInt, nullable=False, index=True),
    sa.Column("expires_at", columns.Instant, nullable=False),
    sa.Column("purpose", columns.Text),  # None is "password"
    sqlite_strict=True,
)

throttle = sa.Table(
    "throttle",
    main_metadata,
    sa.Column("key", columns.Text, primary_key=True),
    sa.Column("tries", columns.BigInt, nullable=False),
    sa.Column("resets_at", columns.Instant, nullable=False),
    sqlite_strict=True,
)

security_entry = sa.Table(
    "security_entry",
    main_metadata,
    sa.Column("id", columns.BigInt, primary_key=True),
    sa.Column("at", columns.Instant, nullable=False),
    sa.Column("user_id", columns.BigInt, index=True),  # None: nobody of ours
    sa.Column("name", columns.Text, nullable=False),
    sa.Column("action", columns.Text, nullable=False),  # `trail`
    sa.Column("address", columns.Text, nullable=False),
    sa.Column("agent", columns.Text, nullable=False),
    sqlite_strict=True,
)
"""Who came in, who did not, and what they changed about the ways in."""

installation_key = sa.Table(
    "installation_key",
    main_metadata,
    sa.Column("id", columns.BigInt, primary_key=True),
    sa.Column("name", columns.Text, nullable=False),
    sa.Column("key_hash", columns.Text, nullable=False, unique=True),
    sa.Column("hint", columns.Text, nullable=False),  # its last four characters
    sa.Column("created_at", columns.Instant, nullable=False),
    sa.Column("revoked_at", columns.Instant),
    sqlite_strict=True,
)
"""Keys to open and look after workspaces: `installation_keys`."""

setup = sa.Table(
    "setup",
    main_metadata,
    sa.Column("id", columns.BigInt, primary_key=True),  # one row: 1
    sa.Column("code_hash", columns.Text, nullable=False),
    sa.Column("used_at", columns.Instant),
    sqlite_strict=True,
)

unit = sa.Table(
    "unit",
    workspace_metadata,
    sa.Column("id", columns.BigInt, primary_key=True),
    sa.Column("code", columns.Text, nullable=False, unique=True),
    sa.Column("name", columns.Text, nullable=False),
    sa.Column("parent", columns.BigInt),
    sa.Column("active", columns.Flag, nullable=False),
    sqlite_strict=True,
)

member = sa.Table(
    "member",
    workspace_metadata,
    sa.Column("id", columns.BigInt, primary_key=True),
    sa.Column("user_id", columns.BigInt, nullable=False, unique=True),
    sa.Column("name", columns.Text, nullable=False),
    sa.Column("email", columns.Text, nullable=False),
    sa.Column("role", columns.Text, nullable=False),
    sa.Column("unit_ids", columns.Json, nullable=False),
    sa.Column("locale", columns.Text, nullable=False),
    sa.Column("active", columns.Flag, nullable=False),
    sa.Column("created_at", columns.Instant, nullable=False),
    sqlite_strict=True,
)
