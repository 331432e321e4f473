"""Which requests of another HTTP client are for the service, and which answers say that a token has ended."""

from __future__ import annotations

from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443}


def origin(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port (RFC 6454): a token is sent to no other."""
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    host = (parts.hostname or "").rstrip(".")
    return scheme, host, parts.port or _PORTS.get(scheme)


def is_web_page(body: bytes) -> bool:
    """Whether a 401 is a firewall's page, and not the service's word: it is no reason to reject a token."""
    return body.lstrip().startswith(b"<")
