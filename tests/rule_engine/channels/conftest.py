"""A provider that misbehaves as told, and accounts with every real one."""

from collections.abc import Iterator

import pytest

from tests.support.provider import FakeProvider, fake_provider


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    """A fake provider of messages on this machine."""
    with fake_provider() as fake:
        yield fake
