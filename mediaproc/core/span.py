"""A length of time as people say it."""

# A length below this is told with a tenth (s).
_EXACT_BELOW = 10.0


def span(seconds: float) -> str:
    """A length as people say it: `6.9 s`, `20 s`, `5 min`, `2.5 h`."""
    for limit, unit, name in ((7200, 3600, "h"), (300, 60, "min")):
        if seconds >= limit:
            return f"{seconds / unit:.1f}".removesuffix(".0") + f" {name}"
    return (f"{seconds:.1f}".removesuffix(".0") if seconds < _EXACT_BELOW else f"{seconds:.0f}") + " s"
