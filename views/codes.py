"""What kind of answer a refusal's code is, for every entrance: the command line's exit code, the API's status."""

MALFORMED = frozenset({"malformed", "needs_machine", "ambiguous", "unwritable", "port_in_use", "external_temporal"})
"""What was asked cannot be meant."""
UNAUTHENTICATED = frozenset({"unauthenticated", "unproved"})
"""Who acts has not proven who he is, where that is asked."""
NOT_FOUND = frozenset({"not_found"})
UNREACHABLE = frozenset(
    {
        "half_founded",
        "log_unreachable",
        "log_restored",
        "log_lost",
        "log_exchanged",
        "unreachable",
        "not_ready",
        "not_installed",
        "still_running",
        "door_key_missing",
        "door_key_broken",
        "temporal_key_missing",
        "temporal_key_broken",
        "namespace_shared",
        "vouch_key_missing",
        "store_missing",
        "disk_full",
        "home_unwritable",
        "log_damaged",
    }
)
"""A service that is needed is not there; every other code is a rule's."""
FORBIDDEN = frozenset(
    {
        "forbidden",
        "unsigned",
        "scope",
        "actor_unknown",
        "actor_left",
        "actor_role",
        "actor_unit",
        "not_delegated",
        "recused",
    }
)
"""A rule's no that is about who asks, not about what."""
