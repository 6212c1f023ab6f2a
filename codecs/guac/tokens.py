"""Tokens in connection parameters: `${NAME}`, `${NAME:UPPER}`, `${NAME:LOWER}`, `${NAME:OPTIONAL}`.

They stand in a plan's parameters and are filled in on the server (Guacamole manual, "Parameter
tokens"); `$${` is a plain `${`. Unlike there, an unknown token is refused: it is a misspelling, and
passing it on would put its name where a secret should be.
"""

import re
from collections.abc import Mapping
from enum import StrEnum

__all__ = ["TokenFault", "TokenRefused", "substitute"]


class TokenFault(StrEnum):
    """Why a parameter cannot be filled in."""

    UNKNOWN = "unknown-token"
    MODIFIER = "unknown-modifier"
    SYNTAX = "token-syntax"


class TokenRefused(ValueError):  # noqa: N818 - a refusal, as the other refusals are called
    """A parameter asks for what there is not. The text names the token, never a value."""

    def __init__(self, fault: TokenFault, token: str) -> None:
        super().__init__(f"{fault}: {token}")
        self.fault = fault
        self.token = token


_TOKEN = re.compile(r"(?P<escaped>\$\$\{)|\$\{(?P<body>[^{}]*)\}|(?P<open>\$\{)")
_BODY = re.compile(r"(?P<name>[A-Za-z0-9_]+)(?::(?P<modifier>.*))?", re.DOTALL)


def substitute(template: str, tokens: Mapping[str, str]) -> str:
    """*template* with its tokens filled in; what is filled in is not looked at again.

    Raises `TokenRefused` for a token that is not in *tokens* (unless it is OPTIONAL, then it is
    empty), for a modifier that does not exist, and for `${` that is neither a token nor escaped.
    """

    def fill(match: re.Match[str]) -> str:
        if match["escaped"]:
            return "${"
        body = _BODY.fullmatch(match["body"] or "")
        if body is None:
            raise TokenRefused(TokenFault.SYNTAX, match[0][:64])
        name, modifier = body["name"], body["modifier"]
        if modifier not in {None, "UPPER", "LOWER", "OPTIONAL"}:
            raise TokenRefused(TokenFault.MODIFIER, match[0][:64])
        if name not in tokens:
            if modifier == "OPTIONAL":
                return ""
            raise TokenRefused(TokenFault.UNKNOWN, name[:64])
        value = tokens[name]
        match modifier:
            case "UPPER":
                return value.upper()
            case "LOWER":
                return value.lower()
            case _:
                return value

    return _TOKEN.sub(fill, template)
