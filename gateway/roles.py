"""Roles of a session and what each may do: the only place where that question is answered."""

from enum import StrEnum

__all__ = ["Action", "Role", "lesser_or_equal", "may"]


class Role(StrEnum):
    """How a person (or the recorder) takes part in a session."""

    OWNER = "owner"
    CO_OWNER = "co-owner"
    USER = "user"
    GUEST = "guest"
    SUPPORT = "support"
    ADMIN = "admin"
    RECORDER = "recorder"


class Action(StrEnum):
    """What a viewer can ask of a session."""

    VIEW = "view"
    INPUT = "input"
    CLIPBOARD_TO_DESKTOP = "clipboard-to-desktop"
    CLIPBOARD_FROM_DESKTOP = "clipboard-from-desktop"
    FILES_TO_DESKTOP = "files-to-desktop"
    FILES_FROM_DESKTOP = "files-from-desktop"
    RESIZE = "resize"
    ANSWER_PROMPTS = "answer-prompts"
    """Tell a machine the name or password that it asks for."""


_EVERYTHING = frozenset(Action)
_VIEW_ONLY = frozenset({Action.VIEW})

_ALLOWED: dict[Role, frozenset[Action]] = {
    Role.OWNER: _EVERYTHING,
    Role.CO_OWNER: _EVERYTHING,
    Role.USER: _EVERYTHING - {Action.RESIZE, Action.ANSWER_PROMPTS},
    Role.GUEST: _VIEW_ONLY,
    # Support and admin drive a desktop only while they hold control of the session;
    # what they may do without it is to look.
    Role.SUPPORT: _VIEW_ONLY,
    Role.ADMIN: _VIEW_ONLY,
    Role.RECORDER: _VIEW_ONLY,
}


def may(role: Role, action: Action, withheld: frozenset[Action] = frozenset()) -> bool:
    """Whether *role* is allowed to do *action* in a session; what is *withheld*, nobody is."""
    return action in _ALLOWED[role] and action not in withheld


def lesser_or_equal(asked: Role, held: Role) -> bool:
    """Whether somebody who holds *held* may take part as *asked* (a right never grows)."""
    return asked is held or _ALLOWED[asked] <= _ALLOWED[held]
