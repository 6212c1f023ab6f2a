# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The framing kernel, compiled. Contract: `framing.pyi`; the same machine in plain Python: `framing_py`."""

from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from libc.stdint cimport int64_t, uint8_t
from libc.string cimport memcmp, memset

from beamdesk.codecs.guac.errors import GuacReason, LocalProtocolError, MalformedStream
from beamdesk.codecs.guac.framed import Framed, Notice, Noticed
from beamdesk.codecs.guac.limits import (
    MAXIMUM_ELEMENT_CHARACTERS as _ELEMENT_CHARACTERS,
    MAXIMUM_ELEMENTS as _ELEMENTS,
    MAXIMUM_INSTRUCTION_BYTES as _INSTRUCTION_BYTES,
    MAXIMUM_LENGTH_DIGITS as _LENGTH_DIGITS,
)

__all__ = ["InstructionFramer"]

cdef int MAXIMUM_ELEMENT_CHARACTERS = _ELEMENT_CHARACTERS
cdef int MAXIMUM_ELEMENTS = _ELEMENTS
cdef int MAXIMUM_INSTRUCTION_BYTES = _INSTRUCTION_BYTES
cdef int MAXIMUM_LENGTH_DIGITS = _LENGTH_DIGITS
cdef int MAXIMUM_TIMESTAMP_DIGITS = 18

# Below this the scan takes less time than another thread would make us wait to get the lock back.
cdef Py_ssize_t WORTH_RELEASING = 16384

# Long enough for vectors, short enough where every other instruction holds a letter that is not ASCII.
cdef Py_ssize_t PLAIN_BLOCK = 1024

cdef enum:
    NOTICES = 64  # gathered between two returns to Python
    OPCODE_BYTES = 11  # the longest opcode that is looked for has ten

cdef enum Phase:
    LENGTH
    CONTENT
    TERMINATOR
    COMPLETE

cdef enum Found:
    NO_FAULT
    LENGTH_EMPTY
    LENGTH_NOT_DIGITS
    LENGTH_TOO_LONG
    ELEMENT_TOO_LONG
    INSTRUCTION_TOO_LONG
    TOO_MANY_ELEMENTS
    BAD_TERMINATOR
    NUL
    INVALID_UTF8

_FAULTS = {
    LENGTH_EMPTY: GuacReason.LENGTH_EMPTY,
    LENGTH_NOT_DIGITS: GuacReason.LENGTH_NOT_DIGITS,
    LENGTH_TOO_LONG: GuacReason.LENGTH_TOO_LONG,
    ELEMENT_TOO_LONG: GuacReason.ELEMENT_TOO_LONG,
    INSTRUCTION_TOO_LONG: GuacReason.INSTRUCTION_TOO_LONG,
    TOO_MANY_ELEMENTS: GuacReason.TOO_MANY_ELEMENTS,
    BAD_TERMINATOR: GuacReason.BAD_TERMINATOR,
    NUL: GuacReason.NUL,
    INVALID_UTF8: GuacReason.INVALID_UTF8,
}

# The opcodes that are looked for: numbered as in `Noticed`, `sync` beside them.
cdef enum Opcode:
    SYNC = -1
    OTHER = 0
    OP_ERROR = 1
    OP_DISCONNECT = 2
    OP_READY = 3
    OP_REQUIRED = 4
    OP_MSG = 5
    OP_CLIPBOARD = 6
    OP_FILE = 7
    OP_PIPE = 8
    OP_FILESYSTEM = 9
    OP_BODY = 10
    OP_ARGV = 11
    OP_AUDIO = 12

cdef object new_tuple = tuple.__new__

_KINDS = {int(kind): kind for kind in Noticed}


cdef struct Place:
    # Where in an instruction the stream stands: all that is kept between two chunks.
    Phase phase
    int digits
    int length  # its value so far; in CONTENT the code points still to come
    int elements
    int continuation_bytes
    uint8_t lowest
    uint8_t highest
    int opcode
    int opcode_bytes
    uint8_t opcode_name[OPCODE_BYTES]
    int64_t timestamp
    int timestamp_digits  # -1: not a number
    Py_ssize_t instruction_bytes  # of it, in the chunks before


cdef struct Seen:
    int opcode
    Py_ssize_t start
    Py_ssize_t end


cdef struct Scan:
    # What one scan found.
    Py_ssize_t position  # where it stopped: the end, the fault, or behind the last notice there was room for
    Found fault
    Py_ssize_t plain  # up to here no byte needs to be looked at: each is ASCII and none is NUL
    Py_ssize_t end
    Py_ssize_t instructions
    Py_ssize_t syncs
    int64_t last_sync  # -1: none
    int notice_count
    Seen notices[NOTICES]


cdef inline bint is_plain(const uint8_t *start, Py_ssize_t length) noexcept nogil:
    """Whether all bytes are ASCII and none is NUL."""
    cdef uint8_t seen = 0, least = 0xFF
    cdef Py_ssize_t index
    # Nothing but these two in the loop, and no way out of it: compilers make vectors of that.
    for index in range(length):
        seen |= start[index]
        least = start[index] if start[index] < least else least
    return seen < 0x80 and least > 0


cdef Py_ssize_t plain_until(const uint8_t *chunk, Py_ssize_t start, Py_ssize_t size) noexcept nogil:
    """Where the first byte from `start` on is that is not plain, or `size`."""
    cdef Py_ssize_t length
    while start < size:
        length = min(PLAIN_BLOCK, size - start)
        if not is_plain(chunk + start, length):
            while 0 < chunk[start] < 0x80:
                start += 1
            return start
        start += length
    return size


cdef inline int64_t timestamp_in(const uint8_t *digits, Py_ssize_t length) noexcept nogil:
    """The number in a `sync`, -1 for anything but up to eighteen digits."""
    cdef int64_t number = 0
    cdef Py_ssize_t index
    if length == 0 or length > MAXIMUM_TIMESTAMP_DIGITS:
        return -1
    for index in range(length):
        if digits[index] < 48 or digits[index] > 57:
            return -1
        number = 10 * number + (digits[index] - 48)
    return number


cdef inline int opcode_of(const uint8_t *name, Py_ssize_t length) noexcept nogil:
    if length == 4:
        if memcmp(name, b"sync", 4) == 0:
            return SYNC
        if memcmp(name, b"file", 4) == 0:
            return OP_FILE
        if memcmp(name, b"pipe", 4) == 0:
            return OP_PIPE
        if memcmp(name, b"body", 4) == 0:
            return OP_BODY
        if memcmp(name, b"argv", 4) == 0:
            return OP_ARGV
    elif length == 3:
        if memcmp(name, b"msg", 3) == 0:
            return OP_MSG
    elif length == 5:
        if memcmp(name, b"error", 5) == 0:
            return OP_ERROR
        if memcmp(name, b"ready", 5) == 0:
            return OP_READY
        if memcmp(name, b"audio", 5) == 0:
            return OP_AUDIO
    elif length == 8:
        if memcmp(name, b"required", 8) == 0:
            return OP_REQUIRED
    elif length == 9:
        if memcmp(name, b"clipboard", 9) == 0:
            return OP_CLIPBOARD
    elif length == 10:
        if memcmp(name, b"disconnect", 10) == 0:
            return OP_DISCONNECT
        if memcmp(name, b"filesystem", 10) == 0:
            return OP_FILESYSTEM
    return OTHER


cdef inline void begin_instruction(Place *place) noexcept nogil:
    place.phase = LENGTH
    place.digits = 0
    place.length = 0
    place.elements = 0
    place.opcode = OTHER
    place.opcode_bytes = 0
    place.timestamp = 0
    place.timestamp_digits = 0


cdef Found step_content(Place *place, uint8_t byte) noexcept nogil:
    """One byte of an element's content, the slow way: counts code points, gathers opcode and timestamp."""
    if place.continuation_bytes > 0:
        if byte < place.lowest or byte > place.highest:
            return INVALID_UTF8
        place.lowest = 0x80
        place.highest = 0xBF
        place.continuation_bytes -= 1
    elif byte == 0:
        return NUL
    elif byte >= 0x80:
        # The Unicode Standard, table 3-7: well-formed UTF-8 byte sequences.
        if byte < 0xC2 or byte > 0xF4:
            return INVALID_UTF8
        place.continuation_bytes = 1 if byte < 0xE0 else 2 if byte < 0xF0 else 3
        place.lowest = 0xA0 if byte == 0xE0 else 0x90 if byte == 0xF0 else 0x80
        place.highest = 0x9F if byte == 0xED else 0x8F if byte == 0xF4 else 0xBF
    if place.elements == 1:
        if place.opcode_bytes < OPCODE_BYTES:
            place.opcode_name[place.opcode_bytes] = byte
            place.opcode_bytes += 1
    elif place.opcode == SYNC and place.elements == 2 and place.timestamp_digits >= 0:
        if 48 <= byte <= 57 and place.timestamp_digits < MAXIMUM_TIMESTAMP_DIGITS:
            place.timestamp = 10 * place.timestamp + (byte - 48)
            place.timestamp_digits += 1
        else:
            place.timestamp_digits = -1
    if place.continuation_bytes == 0:
        place.length -= 1
    return NO_FAULT


cdef inline void finish_instruction(Scan *found, int opcode, Py_ssize_t start, Py_ssize_t end) noexcept nogil:
    found.instructions += 1
    found.end = end
    if opcode == SYNC:
        found.syncs += 1
    elif opcode != OTHER:
        found.notices[found.notice_count].opcode = opcode
        found.notices[found.notice_count].start = start
        found.notices[found.notice_count].end = end
        found.notice_count += 1


cdef Py_ssize_t skip_whole_instructions(
    Scan *found, const uint8_t *chunk, Py_ssize_t size, Py_ssize_t start
) noexcept nogil:
    """Pass the instructions from `start` on that lie in the chunk whole, plain and right.

    Returns where the first other one starts, of which nothing is decided: `scan` looks at it byte by byte.
    """
    cdef Py_ssize_t position, stop, first_digit
    cdef int elements, opcode, length
    cdef int64_t timestamp
    cdef uint8_t byte
    if found.plain <= start:
        found.plain = plain_until(chunk, start, size)
    while found.notice_count < NOTICES:
        position = start
        stop = min(found.plain, start + MAXIMUM_INSTRUCTION_BYTES)
        elements = 0
        opcode = OTHER
        timestamp = -1
        while True:
            if stop - position < 3:
                return start
            length = chunk[position] - 48
            if 0 <= length <= 9 and chunk[position + 1] == 46:  # most are short
                position += 2
            else:
                first_digit = position
                length = 0
                while position < stop:
                    byte = chunk[position] - 48
                    if byte > 9 or length > MAXIMUM_ELEMENT_CHARACTERS:
                        break
                    length = 10 * length + byte
                    position += 1
                if position == first_digit or position - first_digit > MAXIMUM_LENGTH_DIGITS:
                    return start
                if length > MAXIMUM_ELEMENT_CHARACTERS or position == stop or chunk[position] != 46:
                    return start
                position += 1
            # The content and the terminator behind it must be there.
            if stop - position <= length:
                return start
            elements += 1
            if elements == 1:
                opcode = opcode_of(chunk + position, length)
            elif elements == 2 and opcode == SYNC:
                timestamp = timestamp_in(chunk + position, length)
            position += length
            byte = chunk[position]
            position += 1
            if byte == 59:
                break
            if byte != 44 or elements == MAXIMUM_ELEMENTS:
                return start
        finish_instruction(found, opcode, start, position)
        if timestamp >= 0:
            found.last_sync = timestamp
        start = position
    return start


cdef void scan(Place *place, Scan *found, const uint8_t *chunk, Py_ssize_t size) noexcept nogil:
    """Go on from `found.position` to the end of the chunk, a fault, or the last notice there is room for."""
    cdef Py_ssize_t position = found.position
    cdef Py_ssize_t start = position - place.instruction_bytes
    cdef Py_ssize_t stop
    while True:
        if start == position:
            start = position = skip_whole_instructions(found, chunk, size, start)
            if found.notice_count == NOTICES:
                break
        # The instruction's size is checked by never looking behind this.
        stop = min(size, start + MAXIMUM_INSTRUCTION_BYTES)
        while position < stop and place.phase != COMPLETE:
            found.fault = step(place, chunk, &position, stop)
            if found.fault != NO_FAULT:
                break
        if place.phase == COMPLETE:
            finish_instruction(found, place.opcode, start, position)
            if place.opcode == SYNC and place.timestamp_digits > 0:
                found.last_sync = place.timestamp
            begin_instruction(place)
            start = position
            if found.notice_count == NOTICES:
                break
            continue
        if found.fault == NO_FAULT and stop < size:
            found.fault = INSTRUCTION_TOO_LONG
        break
    found.position = position
    place.instruction_bytes = position - start


cdef Found step(Place *place, const uint8_t *chunk, Py_ssize_t *at, Py_ssize_t stop) noexcept nogil:
    """One byte, or as much of an element as needs no counting; moves `at` unless it finds a fault."""
    cdef uint8_t byte = chunk[at[0]]
    cdef Py_ssize_t available
    cdef Found fault
    if place.phase == LENGTH:
        if byte == 46:
            if place.digits == 0:
                return LENGTH_EMPTY
            place.elements += 1
            place.phase = CONTENT if place.length > 0 else TERMINATOR
        elif byte < 48 or byte > 57:
            return LENGTH_NOT_DIGITS
        else:
            place.digits += 1
            place.length = 10 * place.length + (byte - 48)
            if place.digits > MAXIMUM_LENGTH_DIGITS:
                return LENGTH_TOO_LONG
            if place.length > MAXIMUM_ELEMENT_CHARACTERS:
                return ELEMENT_TOO_LONG
    elif place.phase == CONTENT:
        available = min(stop - at[0], <Py_ssize_t>place.length)
        if (
            place.elements > 2  # the opcode and a timestamp are gathered
            and place.continuation_bytes == 0
            and is_plain(chunk + at[0], available)
        ):
            at[0] += available - 1
            place.length -= <int>available
        else:
            fault = step_content(place, byte)
            if fault != NO_FAULT:
                return fault
        if place.length == 0:
            place.phase = TERMINATOR
    elif byte == 44:
        if place.elements == MAXIMUM_ELEMENTS:
            return TOO_MANY_ELEMENTS
        if place.elements == 1:
            place.opcode = opcode_of(place.opcode_name, place.opcode_bytes)
        place.phase = LENGTH
        place.digits = 0
        place.length = 0
    elif byte == 59:
        if place.elements == 1:
            place.opcode = opcode_of(place.opcode_name, place.opcode_bytes)
        place.phase = COMPLETE
    else:
        return BAD_TERMINATOR
    at[0] += 1
    return NO_FAULT


cdef class InstructionFramer:
    cdef Place place
    cdef bint faulty

    def __init__(self):
        memset(&self.place, 0, sizeof(Place))
        begin_instruction(&self.place)
        self.faulty = False

    @property
    def pending(self):
        return self.place.instruction_bytes

    def feed(self, chunk):
        cdef Py_buffer view
        cdef Scan found
        if self.faulty:
            raise LocalProtocolError.wrong_state("fed after a fault")
        found.fault = NO_FAULT
        found.position = found.plain = found.end = found.instructions = found.syncs = 0
        found.last_sync = -1
        notices = []
        PyObject_GetBuffer(chunk, &view, PyBUF_SIMPLE)
        try:
            while True:
                found.notice_count = 0
                if view.len - found.position >= WORTH_RELEASING:
                    with nogil:
                        scan(&self.place, &found, <const uint8_t *>view.buf, view.len)
                else:
                    scan(&self.place, &found, <const uint8_t *>view.buf, view.len)
                if found.notice_count:
                    notices += noticed(&found)
                if found.fault != NO_FAULT or found.position == view.len:
                    break
        finally:
            PyBuffer_Release(&view)
        # As `Framed(…)` does, without the detour through a function in Python.
        framed = new_tuple(
            Framed,
            (
                found.end,
                found.instructions,
                found.syncs,
                found.last_sync if found.last_sync >= 0 else None,
                tuple(notices),
            ),
        )
        if found.fault != NO_FAULT:
            self.faulty = True
            raise MalformedStream(_FAULTS[found.fault], found.position, framed)
        return framed


cdef list noticed(Scan *found):
    return [
        Notice(_KINDS[found.notices[index].opcode], found.notices[index].start, found.notices[index].end)
        for index in range(found.notice_count)
    ]
