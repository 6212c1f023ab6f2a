"""What a viewer sends on its way to the desktop: framed, judged, passed on or dropped."""

import struct
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from beamdesk.codecs.rfb import extended_clipboard, messages
from beamdesk.codecs.rfb.constants import ClientMessageType, Encoding
from beamdesk.codecs.rfb.errors import LocalProtocolError, RemoteProtocolError, RfbReason
from beamdesk.codecs.rfb.exact_reader import Buffer
from beamdesk.codecs.rfb.held_input import HeldInput
from beamdesk.codecs.rfb.message_lengths import FIXED_LENGTHS, measure
from beamdesk.codecs.rfb.pixel_format import PixelFormat
from beamdesk.codecs.rfb.viewer_policy import DropReason, MessageKind, ViewerPolicy

__all__ = ["ClientMessages", "Dropped"]

_POINTER_EVENT: Final = int(ClientMessageType.POINTER_EVENT)
_CUT_TEXT_HEAD = 8
_FENCE_HEAD = 9
_CLIPBOARD = frozenset({MessageKind.CLIPBOARD_TO_DESKTOP, MessageKind.CLIPBOARD_FROM_DESKTOP})

_UNTOUCHED = frozenset(
    {
        MessageKind.FRAMEBUFFER_UPDATE_REQUEST,
        MessageKind.POINTER_EVENT,
        MessageKind.ENABLE_CONTINUOUS_UPDATES,
        MessageKind.XVP,
    }
)
"""Kinds of fixed length whose contents cannot harm a desktop."""


class Dropped(NamedTuple):
    kind: MessageKind
    reason: DropReason


class ClientMessages:
    """The one way from a viewer to its desktop.

    Write `opening()` to the desktop once ServerInit has been received, then all that `receive` returns.
    Every call returns whole messages only, so between two calls the caller may write messages of its own.

    A message that the policy does not allow is consumed without being held, however its bytes are cut.
    One whose length cannot be told ends the conversation with RemoteProtocolError; after that `receive`
    must not be called again. Held is at most one message, that is `longest_cut_text` and some bytes.
    """

    def __init__(self, policy: ViewerPolicy) -> None:
        self._policy = policy
        self._passing = _passing_lengths(policy)
        self._held = bytearray()  # an incomplete message, from its first byte
        self._needed = 0  # bytes of it without which there is nothing to be done
        self._skip = 0  # bytes still to come of a dropped message
        self._offered: tuple[int, ...] | None = None
        self._held_input = HeldInput()
        self._dropped: Counter[Dropped] = Counter()
        self._ready = False

    @property
    def dropped(self) -> Mapping[Dropped, int]:
        """How many messages were dropped, by kind and reason."""
        return self._dropped

    @property
    def held(self) -> int:
        """Bytes of an incomplete message that are kept."""
        return len(self._held)

    def opening(self) -> bytes:
        """What the desktop has to be told before anything of the viewer's."""
        self._ready = True
        if not self._policy.guards_clipboard:
            return b""
        return messages.set_encodings([Encoding.EXTENDED_CLIPBOARD]) + extended_clipboard.text_on_request()

    def receive(self, data: Buffer) -> Sequence[Buffer]:
        """What of *data*, and of what was held before, goes to the desktop now.

        If all of it passes, that is *data* itself; otherwise views of it and replacements.
        """
        if not self._ready:
            raise LocalProtocolError.wrong_state("receive before opening")
        if self._skip:
            skipped = min(self._skip, len(data))
            self._skip -= skipped
            data = memoryview(data)[skipped:]
        if self._held:
            self._held += data
            if len(self._held) < self._needed:
                return ()
            data = bytes(self._held)
            self._held.clear()
        end = len(data)
        at = 0
        passing = self._passing
        while at < end:
            message_type = data[at]
            length = passing[message_type]
            if not length or at + length > end:
                return self._judge_each(data, at)
            if message_type == _POINTER_EVENT:
                self._held_input.pass_pointer(data[at : at + length])
            at += length
        return (data,) if end else ()

    def change_policy(self, policy: ViewerPolicy) -> bytes:
        """Judge by *policy* from now on; the result goes to the desktop.

        It releases what the viewer may no longer press, and repeats its encodings if others are seen now.
        Raises RemoteProtocolError if the viewer cannot be guarded.
        """
        before, self._policy = self._policy, policy
        self._passing = _passing_lengths(policy)
        told = b""
        if MessageKind.KEY_EVENT not in policy.allowed:
            told += self._held_input.release_keys()
        if MessageKind.POINTER_EVENT not in policy.allowed:
            told += self._held_input.release_buttons()
        if self._offered is not None and policy.encodings(self._offered) != before.encodings(self._offered):
            told += messages.set_encodings(policy.encodings(self._offered))
        if policy.guards_clipboard and not before.guards_clipboard:
            if self._offered is None:
                told += messages.set_encodings([Encoding.EXTENDED_CLIPBOARD])
            else:
                _check_guard(self._offered)
            told += extended_clipboard.text_on_request()
        return told

    def release(self) -> bytes:
        """Messages that release every key and button that the viewer holds: for when it leaves."""
        return self._held_input.release_keys() + self._held_input.release_buttons()

    def _judge_each(self, data: Buffer, at: int) -> Sequence[Buffer]:
        """The careful way, for a chunk with something at *at* that may be dropped, replaced or incomplete."""
        view = memoryview(data)
        end = len(view)
        passed = 0  # view[passed:at] goes on as it is
        forwarded: list[Buffer] = []
        while at < end:
            length, kind = measure(view, at)
            verdict: DropReason | bytes | None = None
            if kind is not None:
                verdict = self._verdict_by_head(kind, length)
            if kind is None or (verdict is None and at + length > end):
                self._held += view[at:]
                self._needed = length
                break
            if verdict is None:
                verdict = self._verdict_by_contents(kind, view[at : at + length])
            if verdict is not None:
                if passed < at:
                    forwarded.append(view[passed:at])
                if isinstance(verdict, DropReason):
                    self._dropped[Dropped(kind, verdict)] += 1
                else:
                    forwarded.append(verdict)
                passed = at + length
            at += length
        self._skip = max(0, at - end)
        if passed == 0 and at == end:
            return (data,)
        if passed < at:
            forwarded.append(view[passed:at])
        return forwarded

    def _verdict_by_head(self, kind: MessageKind, length: int) -> DropReason | None:
        """Whether a message of that length is dropped without looking into it."""
        if kind not in self._policy.allowed:
            return DropReason.NOT_ALLOWED
        if kind in _CLIPBOARD and length - _CUT_TEXT_HEAD > self._policy.longest_cut_text:
            return DropReason.TOO_LARGE
        if kind is MessageKind.CLIENT_FENCE and length - _FENCE_HEAD > messages.LONGEST_FENCE:
            return DropReason.TOO_LARGE
        return None

    def _verdict_by_contents(self, kind: MessageKind, message: memoryview) -> DropReason | bytes | None:
        """Drop, replace or (None) pass a whole message."""
        match kind:
            case MessageKind.POINTER_EVENT:
                self._held_input.pass_pointer(message)
            case MessageKind.KEY_EVENT:
                return None if self._held_input.pass_key(message) else DropReason.TOO_MANY_KEYS
            case MessageKind.SET_PIXEL_FORMAT:
                # Dropping a bad one would leave the viewer drawing noise; decode refuses it.
                PixelFormat.decode(message[4:])
            case MessageKind.SET_ENCODINGS:
                return self._rewrite_encodings(message)
            case MessageKind.SET_DESKTOP_SIZE:
                return None if self._size_is_plausible(message) else DropReason.OUT_OF_RANGE
            case MessageKind.CLIPBOARD_TO_DESKTOP | MessageKind.CLIPBOARD_FROM_DESKTOP:
                # A server without the extension would take a negative length for one of gigabytes.
                if message[4] & 0x80 and Encoding.EXTENDED_CLIPBOARD not in (self._offered or ()):
                    return DropReason.NOT_OFFERED
        return None

    def _rewrite_encodings(self, message: memoryview) -> bytes | None:
        """RFC 6143, section 7.5.2."""
        offered = struct.unpack(f">{(len(message) - 4) // 4}i", message[4:])
        if self._policy.guards_clipboard:
            _check_guard(offered)
        self._offered = offered
        seen = self._policy.encodings(offered)
        return None if seen == offered else messages.set_encodings(seen)

    def _size_is_plausible(self, message: memoryview) -> bool:
        """rfbproto, SetDesktopSize: a plausible desktop that contains each of at least one screen."""
        width, height = struct.unpack_from(">HH", message, 2)
        screens = list(struct.iter_unpack(">4xHHHH4x", message[8:]))
        return (
            bool(screens)
            and self._policy.size_is_plausible(width, height)
            and all(x + across <= width and y + down <= height for x, y, across, down in screens)
        )


def _passing_lengths(policy: ViewerPolicy) -> bytes:
    """By message type the length of a message that passes unseen, or 0 for one that has to be looked at."""
    lengths = bytearray(256)
    for message_type, (length, kind) in FIXED_LENGTHS.items():
        if kind in _UNTOUCHED and kind in policy.allowed:
            lengths[message_type] = length
    return bytes(lengths)


def _check_guard(offered: Sequence[int]) -> None:
    """Without the extended clipboard the desktop would send its text as plain ServerCutText."""
    if Encoding.EXTENDED_CLIPBOARD not in offered:
        raise RemoteProtocolError(
            RfbReason.EXTENDED_CLIPBOARD_NEEDED,
            "a viewer without the right to the desktop's clipboard has to offer the extended clipboard",
        )
