"""What the API of people takes and answers."""

from __future__ import annotations

from regulars.platform.web.api_route import (
    BOOLEAN,
    COUNT,
    ID,
    INSTANT,
    OBJECT,
    PROBLEM,
    TEXT,
    Schema,
    array,
    listing,
    named,
    obj,
    one_of,
)

SCORE: Schema = {"type": "integer", "minimum": 0, "maximum": 100}
SIDE = one_of("keep", "drop", "both")
SIDES: Schema = {"type": "object", "additionalProperties": SIDE}
COUNTS: Schema = {"type": "object", "additionalProperties": COUNT}
TITLED = obj({"id": ID, "title": TEXT})
REASON = named("LikenessReason", obj({"code": TEXT, "message": TEXT}))
PAIR = obj({"first": ID, "second": ID, "score": SCORE, "reasons": array(REASON)})
LEVEL = one_of("very-likely", "likely", "possible")
GROUP = named(
    "PossibleDuplicates",
    obj({"score": SCORE, "level": LEVEL, "people": array(TITLED), "pairs": array(PAIR)}),
)
GROUPS = listing("groups", GROUP, count=COUNT)
LEAST: Schema = {"type": "integer", "minimum": 50, "maximum": 100}
MOST: Schema = {"type": "integer", "minimum": 1, "maximum": 1000}
DUPLICATES_QUERY = {"least": LEAST, "limit": MOST}
APART = obj({"ids": array(ID, minItems=2, maxItems=50)})
VALUES = obj({"values": OBJECT})
LOOK_ALIKES = listing(
    "people", obj({"id": ID, "title": TEXT, "score": SCORE, "reasons": array(REASON)})
)
MERGE = obj({"keep": ID, "drop": ID}, {"choose": SIDES, "dry_run": BOOLEAN})
MERGED = named(
    "Merge",
    obj(
        {"keep": {"anyOf": [ID, TITLED]}, "drop": {"anyOf": [ID, TITLED]}, "follows": COUNTS},
        {"merge": ID, "again": BOOLEAN, "choose": SIDES, "problems": array(PROBLEM)},
    ),
)
"""What was done; with ``dry_run`` what would be done, the records with their titles."""

POLICY = one_of("anonymise", "delete", "keep")
DOSSIER = named(
    "PersonCopy",
    obj(
        {
            "person": obj({"form": TEXT, "id": ID, "title": TEXT}),
            "workspace": TEXT,
            "made_at": INSTANT,
            "records": array(OBJECT),
            "linked": {"type": "object", "additionalProperties": array(OBJECT)},
            "deleted_links": array(OBJECT),
            "tables": {"type": "object", "additionalProperties": array(OBJECT)},
        }
    ),
)
EXPORT_QUERY = {"as": one_of("json")}
CORRECTION = obj({"values": OBJECT}, {"reason": TEXT})
ERASE = obj(
    {},
    {
        "confirm": TEXT,
        "dry_run": BOOLEAN,
        "relations": {"type": "object", "additionalProperties": POLICY},
        "reasons": {"type": "object", "additionalProperties": TEXT},
    },
)
RELATION = obj({"link": TEXT, "count": COUNT, "policy": POLICY, "policies": array(POLICY)})
ERASED = named(
    "Erasure",
    obj(
        {"id": ID, "counts": COUNTS},
        {"title": TEXT, "relations": array(RELATION), "unseen": COUNT, "mentions": array(TEXT)},
    ),
)
"""What went; with ``dry_run`` what would go, and what may be chosen for each link."""
