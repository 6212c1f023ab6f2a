"""A program: reads pickled streams, parses each with libguac (named by its first argument), answers pickled.

Run by `support.guacd.LibGuac` with the library's folder on the loader's path.
"""

import ctypes
import pickle
import sys

COMPLETE, ERROR = 2, 3  # guac_parse_state


class Parser(ctypes.Structure):
    """The public beginning of `guac_parser` (parser.h)."""

    _fields_ = [
        ("opcode", ctypes.c_char_p),
        ("argc", ctypes.c_int),
        ("argv", ctypes.POINTER(ctypes.c_char_p)),
        ("state", ctypes.c_int),
    ]


library = ctypes.CDLL(sys.argv[1])
alloc, append, free = library.guac_parser_alloc, library.guac_parser_append, library.guac_parser_free
alloc.restype = ctypes.POINTER(Parser)
append.argtypes = [ctypes.POINTER(Parser), ctypes.c_void_p, ctypes.c_int]
free.argtypes = [ctypes.POINTER(Parser)]


def parse(stream: bytes) -> tuple[tuple[tuple[bytes, ...], ...], str]:
    buffer = ctypes.create_string_buffer(stream, len(stream))  # append writes into it
    position, end = ctypes.addressof(buffer), ctypes.addressof(buffer) + len(stream)
    instructions: list[tuple[bytes, ...]] = []
    status = "ok"
    while position < end and status == "ok":
        parser = alloc()
        state = parser.contents
        status = "incomplete"
        while position < end:
            parsed = append(parser, position, end - position)
            position += parsed
            if state.state == ERROR:
                status = "error"
            elif state.state == COMPLETE:
                instructions.append((state.opcode, *(state.argv[index] for index in range(state.argc))))
                status = "ok"
            elif parsed > 0:
                continue
            break
        free(parser)
    return tuple(instructions), status


if __name__ == "__main__":
    sys.stdout.buffer.write(pickle.dumps([parse(stream) for stream in pickle.load(sys.stdin.buffer)]))
