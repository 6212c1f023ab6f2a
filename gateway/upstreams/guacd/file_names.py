"""Names of remote files: which are let through, and what guacd's listings say."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from beamdesk.gateway.upstreams.guacd.file_streams import FilesFailed

__all__ = ["FOLDER_TYPE", "Entry", "checked_path", "entries_of"]

FOLDER_TYPE: Final = "application/vnd.glyptodon.guacamole.stream-index+json"
"""The MIME type of a folder's listing: a JSON object from paths to MIME types."""

_LONGEST_NAME: Final = 255
_LONGEST_PATH: Final = 1024


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or folder within a folder."""

    name: str
    path: str
    is_folder: bool


def checked_path(path: str) -> str:
    """*path*, from the root of its file system, with single slashes; raises `FilesFailed`.

    Nothing in it climbs, hides or ends a name: guacd takes a backslash for a slash.
    """
    parts = [part for part in path.split("/") if part]
    if not path.startswith("/") or len(path) > _LONGEST_PATH or not all(map(_is_name, parts)):
        raise FilesFailed.bad_name()
    return "/" + "/".join(parts)


def entries_of(listing: object, folder: str) -> list[Entry]:
    """The entries of a listing, by name; raises ValueError where it is none. Names that we would not let
    through are left out.
    """
    if not isinstance(listing, Mapping):
        raise ValueError("not a listing")  # noqa: TRY004 - a fault of the content, as JSON's are
    found = []
    for path, mimetype in listing.items():
        name = str(path).rstrip("/").rpartition("/")[2]
        if _is_name(name):
            found.append(Entry(name, f"{folder.rstrip('/')}/{name}", mimetype == FOLDER_TYPE))
    return sorted(found, key=lambda entry: (not entry.is_folder, entry.name.casefold(), entry.name))


def _is_name(name: str) -> bool:
    if (
        name in {"", ".", ".."}
        or "\\" in name
        or "/" in name
        or len(name.encode(errors="replace")) > _LONGEST_NAME
    ):
        return False
    # Control characters, halves of surrogate pairs, and what turns the reading direction around.
    return not any(unicodedata.category(letter) in {"Cc", "Cs", "Zl", "Zp"} for letter in name)
