"""A call of ours that comes back to us: what rules tell other programs must not start rules again.

Every call carries a sealed note of the rules that led to it. Only the installation that made the
note can read it; to anybody else it is noise, and nobody can forge one.
"""

from __future__ import annotations

from regulars.platform.sealing import BrokenSeal, Seal

HEADER = "Regulars-Chain"
STATUS = 403
CODE = "own-call"  # of the refusal, with words at ``errors.own-call``
_PLACE = "call.chain"
_LONGEST = 4000


def marked(seal: Seal, chain: str) -> dict[str, str]:
    """The header of a call that ``chain`` (rules in words) has led to."""
    return {HEADER: seal.seal(chain, _PLACE)}


def chain_in(seal: Seal, note: str | None) -> str | None:
    """The rules that led to a call which is our own; None for anybody else's."""
    if not note or len(note) > _LONGEST:
        return None
    try:
        return seal.open(note, _PLACE)
    except BrokenSeal:
        return None
