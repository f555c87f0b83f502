"""The headers that keep a browser from doing with an answer what no page of this server asks of it."""

from collections.abc import Mapping, Sequence


def security_headers(*, media_origins: Sequence[str]) -> Mapping[str, str]:
    """The headers by their names; `media_origins` are those, beside this one, from which a page plays films."""
    media = " ".join(("'self'", *media_origins))
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "connect-src": media,
        "media-src": media,
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        "Cache-Control": "no-store",
    }
