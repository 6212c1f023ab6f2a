"""Which keys, buttons and touches a viewer holds down at the desktop."""

from typing import Final

from beamdesk.codecs.guac.instruction import Instruction

__all__ = ["MOST_HELD_KEYS", "MOST_TOUCHES", "HeldInput"]

MOST_HELD_KEYS: Final = 128
"""More than a keyboard has; what is pressed beyond is not passed on, so that all can be released."""

MOST_TOUCHES: Final = 32
"""More than three people's fingers; as with keys."""


class HeldInput:
    """Sees each input instruction that is passed on, and knows what releases all that it pressed.

    guacd keeps a key pressed when the viewer that pressed it leaves. Arguments must have been checked.
    """

    def __init__(self) -> None:
        self._keys: dict[str, None] = {}  # in the order of pressing
        self._mouse: tuple[str, str] | None = None
        self._touches: dict[str, tuple[str, ...]] = {}

    def passes(self, instruction: Instruction) -> bool:
        """Note an instruction; False if it must not be passed on."""
        match instruction:
            case Instruction("key", (keysym, pressed)):
                return self._note_key(str(int(keysym)), pressed=int(pressed) == 1)
            case Instruction("mouse", (x, y, mask, *_)):
                self._mouse = (x, y) if int(mask) else None
            case Instruction("touch", (contact, *rest)):
                return self._note_touch(str(int(contact)), tuple(rest))
        return True

    def release(self) -> list[Instruction]:
        """Instructions that release all that is held, the last key first; nothing is held afterwards."""
        released = [Instruction("key", (keysym, "0")) for keysym in reversed(self._keys)]
        if self._mouse is not None:
            released.append(Instruction("mouse", (*self._mouse, "0")))
        for contact, (*where, _) in self._touches.items():
            released.append(Instruction("touch", (contact, *where, "0")))
        self._keys, self._mouse, self._touches = {}, None, {}
        return released

    def _note_key(self, keysym: str, *, pressed: bool) -> bool:
        if not pressed:
            self._keys.pop(keysym, None)
        elif keysym not in self._keys and len(self._keys) >= MOST_HELD_KEYS:
            return False
        else:
            self._keys[keysym] = None
        return True

    def _note_touch(self, contact: str, rest: tuple[str, ...]) -> bool:
        if float(rest[-1]) == 0:  # no force: the finger was lifted
            self._touches.pop(contact, None)
        elif contact not in self._touches and len(self._touches) >= MOST_TOUCHES:
            return False
        else:
            self._touches[contact] = rest
        return True
