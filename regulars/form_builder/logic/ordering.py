"""Fields whose values follow from each other, each after those it reads. Pure."""

from __future__ import annotations

from collections.abc import Mapping


class Circle(ValueError):
    """Values that wait for each other; ``keys`` is the chain, its first key also its last."""

    def __init__(self, keys: list[str]) -> None:
        super().__init__(" → ".join(keys))
        self.keys = keys


def in_order(reads: Mapping[str, frozenset[str]]) -> list[str]:
    """The keys of ``reads``, each after those it reads; raises Circle where that cannot be."""
    done: dict[str, bool] = {}
    order: list[str] = []
    for start in reads:
        trail = [] if start in done else [start]
        while trail:
            key = trail[-1]
            done.setdefault(key, False)
            following = next((each for each in _needs(reads, key) if not done.get(each)), None)
            if following is None:
                done[key] = True
                order.append(trail.pop())
            elif following in done:
                raise Circle([*trail[trail.index(following) :], following])
            else:
                trail.append(following)
    return order


def _needs(reads: Mapping[str, frozenset[str]], key: str) -> list[str]:
    return [each for each in reads if each in reads[key]]
