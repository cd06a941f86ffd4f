"""S27: a canary in every secret place; a backup shows none of them unless it was asked to."""

import base64
import gzip
from pathlib import Path
from urllib.parse import quote

import pytest

from regulars.platform.accounts import sessions, tokens, users
from regulars.platform.accounts.tokens import TokenWish
from regulars.platform.accounts.users import NewUser
from regulars.platform.backups.making import Order, make_backup
from regulars.platform.db import Database, Workspace
from regulars.platform.web.visit import fingerprint
from regulars.wiring import wire

KEY = "canary-of-the-installation-key-000000000"
PASSWORD = "canary of a password 111"
VISIT = "canary-of-a-visit"


@pytest.mark.parametrize("scope", ["workspace", "installation"])
def test_no_secret_is_in_a_backup(
    database: Database, workspace: Workspace, tmp_path: Path, scope: str
) -> None:
    wire()
    now = database.clock()
    with database.main_tx() as connection:
        newcomer = NewUser("alice@shop.example", "Alice", PASSWORD, "en")
        alice = users.create_user(connection, newcomer, now=now)
        token = tokens.create_token(connection, workspace, TokenWish("till", "owner"), now=now)
        visit = fingerprint(VISIT)
        sessions.open_session(connection, alice.id, visit, sessions.Device("test"), now=now)
    (database.data_dir / "secret_key").write_text(KEY)
    path = tmp_path / "backup.tar.gz"
    make_backup(database, Order(scope, [workspace], path, now), lambda _d, _t: None)  # type: ignore[arg-type]
    content = gzip.decompress(path.read_bytes())
    assert b"manifest.json" in content
    for canary in (KEY, PASSWORD, token, VISIT, visit):
        for spelt in (canary, quote(canary), base64.b64encode(canary.encode()).decode()):
            assert spelt.encode() not in content
    if scope == "workspace":
        assert b"argon2" not in content


def test_the_key_goes_in_when_asked_for(
    database: Database, workspace: Workspace, tmp_path: Path
) -> None:
    wire()
    path = tmp_path / "backup.tar.gz"
    order = Order("installation", [workspace], path, database.clock(), KEY)
    make_backup(database, order, lambda _d, _t: None)
    assert KEY.encode() in gzip.decompress(path.read_bytes())
