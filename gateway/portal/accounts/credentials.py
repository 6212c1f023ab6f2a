"""Secrets that people and programs carry, and what is stored of them.

Each has 256 bits from the system's generator, so a plain SHA-256 is as good as a slow hash: there is
nothing to guess.
"""

import hashlib
import secrets

__all__ = ["TOKEN_PREFIX", "csrf_token_of", "digest", "looks_like_token", "new_secret", "new_token"]

TOKEN_PREFIX = "bdk_"  # noqa: S105  (the public part, by which scanners recognise a leaked token)

SECRET_LENGTH = 43
"""Characters of 32 bytes in URL-safe base64 without padding."""


def new_secret() -> str:
    return secrets.token_urlsafe(32)


def new_token() -> str:
    """A personal access token."""
    return TOKEN_PREFIX + new_secret()


def digest(secret: str) -> str:
    """What is stored and looked up, in hexadecimal."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


def csrf_token_of(session_secret: str) -> str:
    """What a page of this session sends with its writes. It tells nothing about the session's secret."""
    return hashlib.sha256(b"beamdesk csrf\0" + session_secret.encode(errors="surrogatepass")).hexdigest()


def looks_like_token(text: str) -> bool:
    """Whether asking the database is worth it."""
    return text.startswith(TOKEN_PREFIX) and len(text) == len(TOKEN_PREFIX) + SECRET_LENGTH
