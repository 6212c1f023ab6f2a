"""Keyboard layouts by guacd's names for RDP."""

from typing import Final

__all__ = ["server_layout"]

_LAYOUTS: Final = {
    "be": "fr-be-azerty",
    "br": "pt-br-qwerty",
    "ch": "de-ch-qwertz",
    "ch(fr)": "fr-ch-qwertz",
    "de": "de-de-qwertz",
    "dk": "da-dk-qwerty",
    "es": "es-es-qwerty",
    "fr": "fr-fr-azerty",
    "gb": "en-gb-qwerty",
    "hu": "hu-hu-qwertz",
    "it": "it-it-qwerty",
    "jp": "ja-jp-qwerty",
    "latam": "es-latam-qwerty",
    "no": "no-no-qwerty",
    "pl": "pl-pl-qwerty",
    "pt": "pt-pt-qwerty",
    "ro": "ro-ro-qwerty",
    "se": "sv-se-qwerty",
    "tr": "tr-tr-qwerty",
    "us": "en-us-qwerty",
}

_ANY: Final = "failsafe"
"""Sends every key as the character that it makes: right for text, not for games."""


def server_layout(keyboard: str) -> str:
    """The value of `server-layout` for an XKB *keyboard*; what guacd has no table for works by characters."""
    return _LAYOUTS.get(keyboard, _ANY)
