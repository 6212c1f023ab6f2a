# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The framing kernel, compiled. Contract: `framing.pyi`. The same machine in plain Python: `framing_py.py`."""

from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from libc.stdint cimport int64_t, uint8_t, uint64_t
from libc.string cimport memcmp, memcpy, memset

from beamdesk.codecs.guac.errors import Fault, LocalProtocolError, MalformedStream
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

cdef enum:
    NOTICES = 64  # gathered between two returns to Python
    OPCODE_BYTES = 11  # the longest opcode that is looked for has ten

cdef enum Phase:
    LENGTH
    CONTENT
    TERMINATOR

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
    LENGTH_EMPTY: Fault.LENGTH_EMPTY,
    LENGTH_NOT_DIGITS: Fault.LENGTH_NOT_DIGITS,
    LENGTH_TOO_LONG: Fault.LENGTH_TOO_LONG,
    ELEMENT_TOO_LONG: Fault.ELEMENT_TOO_LONG,
    INSTRUCTION_TOO_LONG: Fault.INSTRUCTION_TOO_LONG,
    TOO_MANY_ELEMENTS: Fault.TOO_MANY_ELEMENTS,
    BAD_TERMINATOR: Fault.BAD_TERMINATOR,
    NUL: Fault.NUL,
    INVALID_UTF8: Fault.INVALID_UTF8,
}

# The opcodes that are looked for: numbered as in `Noticed`, `sync` beside them.
cdef enum Opcode:
    SYNC = -1
    OTHER = 0
    OP_NOP = 1
    OP_ERROR = 2
    OP_DISCONNECT = 3
    OP_READY = 4
    OP_REQUIRED = 5
    OP_MSG = 6
    OP_CLIPBOARD = 7
    OP_FILE = 8
    OP_PIPE = 9
    OP_FILESYSTEM = 10
    OP_BODY = 11
    OP_ARGV = 12
    OP_AUDIO = 13
    OP_ACK = 14

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
    Py_ssize_t end
    Py_ssize_t instructions
    Py_ssize_t syncs
    int64_t last_sync  # -1: none
    int notice_count
    Seen notices[NOTICES]


cdef inline bint is_plain(const uint8_t *bytes_, Py_ssize_t length) noexcept nogil:
    """Whether all bytes are ASCII and none is NUL.

    A byte has its high bit set, or gets it when one is subtracted and it was zero.
    """
    cdef uint64_t ones = 0x0101010101010101, highs = 0x8080808080808080
    cdef uint64_t a, b, c, d, seen = 0
    cdef uint8_t rest = 0
    while length >= 32:
        memcpy(&a, bytes_, 8)
        memcpy(&b, bytes_ + 8, 8)
        memcpy(&c, bytes_ + 16, 8)
        memcpy(&d, bytes_ + 24, 8)
        seen |= (a | (a - ones)) | (b | (b - ones)) | (c | (c - ones)) | (d | (d - ones))
        bytes_ += 32
        length -= 32
    while length >= 8:
        memcpy(&a, bytes_, 8)
        seen |= a | (a - ones)
        bytes_ += 8
        length -= 8
    while length > 0:
        rest |= bytes_[0] | <uint8_t>(bytes_[0] - 1)
        bytes_ += 1
        length -= 1
    return (seen & highs) == 0 and (rest & 0x80) == 0


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
        if memcmp(name, b"nop", 3) == 0:
            return OP_NOP
        if memcmp(name, b"msg", 3) == 0:
            return OP_MSG
        if memcmp(name, b"ack", 3) == 0:
            return OP_ACK
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


cdef void scan(Place *place, Scan *found, const uint8_t *chunk, Py_ssize_t size) noexcept nogil:
    """Go on from `found.position` to the end of the chunk, a fault, or the last notice there is room for."""
    cdef Py_ssize_t position = found.position
    cdef Py_ssize_t start = position - place.instruction_bytes
    # The instruction's size is checked by never looking behind this.
    cdef Py_ssize_t stop = min(size, start + MAXIMUM_INSTRUCTION_BYTES)
    cdef Py_ssize_t available
    cdef uint8_t byte
    cdef Found fault = NO_FAULT

    while position < stop:
        if place.phase == LENGTH:
            byte = chunk[position]
            if 48 <= byte <= 57:
                place.digits += 1
                place.length = 10 * place.length + (byte - 48)
                if place.digits > MAXIMUM_LENGTH_DIGITS:
                    fault = LENGTH_TOO_LONG
                    break
                if place.length > MAXIMUM_ELEMENT_CHARACTERS:
                    fault = ELEMENT_TOO_LONG
                    break
                position += 1
                continue
            if byte != 46:
                fault = LENGTH_NOT_DIGITS
                break
            if place.digits == 0:
                fault = LENGTH_EMPTY
                break
            position += 1
            place.elements += 1
            place.phase = CONTENT if place.length > 0 else TERMINATOR

        elif place.phase == CONTENT:
            available = min(stop - position, <Py_ssize_t>place.length)
            if place.elements > 2 or (place.elements == 2 and place.opcode != SYNC):
                if place.continuation_bytes == 0 and is_plain(chunk + position, available):
                    position += available
                    place.length -= <int>available
                    if place.length == 0:
                        place.phase = TERMINATOR
                    continue
            elif place.elements == 1 and place.opcode_bytes == 0 and available == place.length:
                if is_plain(chunk + position, available):
                    place.opcode = opcode_of(chunk + position, available)
                    position += available
                    place.phase = TERMINATOR
                    continue
            while position < stop and place.length > 0:
                fault = step_content(place, chunk[position])
                if fault != NO_FAULT:
                    break
                position += 1
            if fault != NO_FAULT:
                break
            if place.length == 0:
                if place.elements == 1:
                    place.opcode = opcode_of(place.opcode_name, place.opcode_bytes)
                place.phase = TERMINATOR

        else:
            byte = chunk[position]
            if byte == 44:
                if place.elements == MAXIMUM_ELEMENTS:
                    fault = TOO_MANY_ELEMENTS
                    break
                position += 1
                place.phase = LENGTH
                place.digits = 0
                place.length = 0
            elif byte == 59:
                position += 1
                found.instructions += 1
                found.end = position
                if place.opcode == SYNC:
                    found.syncs += 1
                    if place.timestamp_digits > 0:
                        found.last_sync = place.timestamp
                elif place.opcode != OTHER:
                    found.notices[found.notice_count].opcode = place.opcode
                    found.notices[found.notice_count].start = start
                    found.notices[found.notice_count].end = position
                    found.notice_count += 1
                begin_instruction(place)
                start = position
                stop = min(size, start + MAXIMUM_INSTRUCTION_BYTES)
                if found.notice_count == NOTICES:
                    break
            else:
                fault = BAD_TERMINATOR
                break

    if fault == NO_FAULT and position == stop and stop < size:
        fault = INSTRUCTION_TOO_LONG
    found.fault = fault
    found.position = position
    place.instruction_bytes = position - start


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
            raise LocalProtocolError(Fault.MISUSE, "fed after a fault")
        found.position = found.end = found.instructions = found.syncs = 0
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
        framed = Framed(
            found.end,
            found.instructions,
            found.syncs,
            found.last_sync if found.last_sync >= 0 else None,
            tuple(notices),
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
