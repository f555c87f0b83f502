"""What a task's status means for its claim and for people, as SQL of `media_process`.

Indexes and statements share each text, with its statuses and its 3 as literals: from parameters the planner could not
prove, under a generic plan, that an index applies. A test holds the texts against `core.lifecycle`.
"""

from mediaproc.core.lifecycle import FAIL_LIMIT, Status

# What may be claimed once it is due.
CLAIMABLE = f"(status = '{Status.PENDING}' OR (status = '{Status.FAILED}' AND fail_count < {FAIL_LIMIT}))"

# The same in words that no index carries, for a query that shall find its rows by the key.
CLAIMABLE_BY_KEY = f"coalesce({CLAIMABLE}, false)"

IS_PROCESSING = f"status = '{Status.PROCESSING}'"

# Failed as often as a task may fail.
EXHAUSTED = f"(status = '{Status.FAILED}' AND fail_count >= {FAIL_LIMIT})"

# As `core.lifecycle.waits_for_a_person` has it.
WAITS_FOR_A_PERSON = f"status = '{Status.REJECTED}' OR {EXHAUSTED}"

# What has failed, whether it is tried again or not.
HAS_FAILED = f"status IN ('{Status.FAILED}', '{Status.REJECTED}')"
