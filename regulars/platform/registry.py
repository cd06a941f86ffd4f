"""A named list of kinds (field types, steps, channels …), filled once in `wiring`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class UnknownKind(LookupError):
    """Nothing is registered under this name."""


class Registry(Generic[T]):
    """Kinds by their literal stored name; a name is taken once."""

    def __init__(self, what: str) -> None:
        self.what = what
        self._kinds: dict[str, T] = {}

    def register(self, name: str, kind: T) -> None:
        """Add a kind; registering the same object again is harmless."""
        if self._kinds.get(name, kind) is not kind:
            raise ValueError(f"Two {self.what}s are called {name!r}.")
        self._kinds[name] = kind

    def get(self, name: str) -> T:
        """The kind of this name; UnknownKind otherwise."""
        if name not in self._kinds:
            raise UnknownKind(f"No {self.what} is called {name!r}.")
        return self._kinds[name]

    def find(self, name: str) -> T | None:
        """The kind of this name, or None."""
        return self._kinds.get(name)

    def names(self) -> list[str]:
        """Every registered name, in the order of registration."""
        return list(self._kinds)

    def __iter__(self) -> Iterator[T]:
        return iter(self._kinds.values())

    def __contains__(self, name: object) -> bool:
        return name in self._kinds
