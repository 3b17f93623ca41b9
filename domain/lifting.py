"""Values as earlier builds wrote them into histories of Temporal. The log needs none: its states are folded anew."""

from collections.abc import Mapping
from typing import Any

from domain.window_ledger import WindowEnd

_COUNTERS = ("window", "answered", "covered_until", "judged", "missed", "missed_in_row", "reporters")


def lifted_matter(said: Mapping[str, Any]) -> dict[str, Any]:
    """A matter's state as it was written before its windows were a ledger.

    What the counters did not tell (when an answered window closed, who led at the time) is taken for granted.
    """
    found = {field: value for field, value in said.items() if field not in _COUNTERS}
    counts = dict(found.get("counts") or {})
    on_time = counts.pop("on_time", 0)
    counts.pop("late", None)
    counts.pop("missed", None)
    lead, misses = said.get("lead") or "", said.get("missed") or ()
    standing = [m["window"]["key"] for m in misses if not m["withdrawn"]]
    in_row = standing[-said["missed_in_row"] :] if said["missed_in_row"] else []
    past = said.get("covered_until") or said["opened_at"]
    known = {m["window"]["key"] for m in misses}
    answered = [key for key in said.get("judged") or () if key not in known]
    behind = [
        *({"key": key, **_answered(lead), "opens": past, "closes": past} for key in answered),
        *(
            {
                **m["window"],
                "lead": lead,
                "spell": int(m["window"]["key"] in in_row),
                "end": WindowEnd.WITHDRAWN if m["withdrawn"] else WindowEnd.MISSED,
            }
            for m in misses
        ),
    ]
    running = said.get("window")
    if running is not None:
        running = {**running, "lead": lead, "spell": 1, "report": 0 if said.get("answered") else None}
    listed = len(answered) + sum(m["withdrawn"] for m in misses) + bool(running and said.get("answered"))
    ledger = {"behind": behind, "running": running, "spell": 1, "summed": max(on_time - listed, 0)}
    return {**found, "counts": counts, "windows": ledger}


def _answered(lead: str) -> dict[str, Any]:
    return {"lead": lead, "spell": 1, "end": WindowEnd.ANSWERED, "report": 0}
