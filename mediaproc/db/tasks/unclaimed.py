"""The claim's columns of a task that no executor holds."""

from types import MappingProxyType

from sqlalchemy import func, null

# All of the claim's columns at once: a CHECK constraint refuses a row that is half claimed.
UNCLAIMED = MappingProxyType(
    {
        "claim_token": null(),
        "claimed_by": null(),
        "claimed_at": null(),
        "lease_expires_at": null(),
        "progress": null(),
        "updated_at": func.now(),
    }
)
