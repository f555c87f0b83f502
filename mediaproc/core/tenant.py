"""The names of tenants: labels that a site gives its customers, for the order and the bill."""

from mediaproc.core.errors import WrongUse
from mediaproc.core.safe_text import quoted

_LONGEST = 200


def tenant_named(given: str) -> str:
    """The name without the blanks around it; "" is the tenant of whatever was enqueued without one.

    Raises:
        WrongUse: it is too long, or has characters that are not to be seen, as two names would look alike then.
    """
    name = given.strip()
    if len(name) > _LONGEST:
        raise WrongUse(f"A tenant's name has at most {_LONGEST} characters, this one has {len(name)}: {quoted(name)}.")
    if not name.isprintable():
        raise WrongUse(f"A tenant's name has printable characters only, not control characters: {quoted(name)}.")
    return name
