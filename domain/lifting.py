"""Values as earlier builds wrote them into histories of Temporal. The log needs none: its states are folded anew."""

from collections.abc import Mapping
from typing import Any

from domain.window_ledger import WindowEnd

_COUNTERS = ("window", "answered", "covered_until", "judged", "missed", "missed_in_row", "reporters")


def lifted_matter(stored: Mapping[str, Any]) -> dict[str, Any]:
    """A matter's state as it was written before its windows were a ledger.

    What the counters did not tell (when an answered window closed, who led at the time) is taken for granted.
    """
    kept = {field: value for field, value in stored.items() if field not in _COUNTERS}
    counts = dict(kept.get("counts") or {})
    on_time = counts.pop("on_time", 0)
    counts.pop("late", None)
    counts.pop("missed", None)
    lead, misses = stored.get("lead") or "", stored.get("missed") or ()
    standing = [m["window"]["key"] for m in misses if not m["withdrawn"]]
    in_row = standing[-stored["missed_in_row"] :] if stored["missed_in_row"] else []
    past = stored.get("covered_until") or stored["opened_at"]
    known = {m["window"]["key"] for m in misses}
    answered = [key for key in stored.get("judged") or () if key not in known]
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
    running = stored.get("window")
    if running is not None:
        running = {**running, "lead": lead, "spell": 1, "report": 0 if stored.get("answered") else None}
    listed = len(answered) + sum(m["withdrawn"] for m in misses) + bool(running and stored.get("answered"))
    ledger = {"behind": behind, "running": running, "spell": 1, "summed": max(on_time - listed, 0)}
    return {**kept, "counts": counts, "windows": ledger}


def _answered(lead: str) -> dict[str, Any]:
    return {"lead": lead, "spell": 1, "end": WindowEnd.ANSWERED, "report": 0}
