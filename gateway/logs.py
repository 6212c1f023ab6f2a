"""Structured logs: one event per line, for people on a terminal and as JSON elsewhere, without secrets.

Everything goes through here, also what libraries log by the standard library. Ids of requests, instances
and streams are bound with `structlog.contextvars`. Secrets are kept out twice: values under telling keys are
replaced before rendering, and telling patterns are replaced in the finished line, tracebacks included.
"""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, TextIO

import structlog
from aiohttp.abc import AbstractAccessLogger
from aiohttp.web import BaseRequest, StreamResponse

from beamdesk.gateway.config.settings import LogsSettings

__all__ = ["AccessLogger", "configure_logs", "redacted"]

REDACTED = "[redacted]"

_DEEPEST = 6
"""Values nested deeper than this are shown as text, which the patterns still see."""

_TELLING_KEY = re.compile(
    r"pass(word|phrase|wd)|secret|token|ticket|cookie|authori[sz]ation|csrf|credential|private_?key|sign_in_link",
    re.IGNORECASE,
)

# A whole word that looks telling. Anchored, atomic and possessive: time stays linear in whatever is logged.
_NAMES = (
    r"(?<![\w-])"
    r"(?=[\w-]*(?:password|passwd|passphrase|secret|csrf|credential|session)"
    r"|(?:[\w-]*[_-])?(?:token|ticket|cookie)(?![\w-]))"
    r"[\w-]++"
)
_PATTERNS = (
    # Our own kinds of secrets, wherever they stand.
    (re.compile(r"\bbdk_[\w-]{8,}"), "bdk_" + REDACTED),
    # Authorization and Cookie headers up to the end of the line or string.
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{6,}"), rf"\1 {REDACTED}"),
    (re.compile(r"(?i)\b((?:set-)?cookie)(\\?[\"']?\s*[:=]\s*)[^\r\n\"']+"), rf"\1\2{REDACTED}"),
    # user:password@host in addresses.
    (re.compile(r"(://[^\s/:@\"']*:)[^\s/@\"']+@"), rf"\1{REDACTED}@"),
    # name=value and name: value, as in query strings, reprs, and JSON inside of JSON, which has backslashes.
    (
        re.compile(
            rf"(?i)({_NAMES})(\\{{0,8}}[\"']?\s*[=:]\s*(?:b?\\{{0,8}}[\"'])?+)"
            r"(?!\[redacted\])[^\s\"'&,;)}\\]+"
        ),
        rf"\1\2{REDACTED}",
    ),
)


def configure_logs(settings: LogsSettings, stream: TextIO | None = None) -> None:
    """Route every log of this process to *stream* (standard error). May be called again."""
    output = stream or sys.stderr
    is_human = settings.format == "human" or (settings.format == "auto" and output.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(output)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                # Rendered here and not by the console renderer, whose tracebacks would show local variables.
                structlog.processors.format_exc_info,
                _redact_values,
                _renderer(is_human=is_human, colours=is_human and output.isatty()),
                _redact_line,
            ],
        )
    )
    root = logging.getLogger()
    for former in list(root.handlers):
        if isinstance(former.formatter, structlog.stdlib.ProcessorFormatter):
            root.removeHandler(former)
    root.addHandler(handler)
    root.setLevel(settings.level.upper())
    # Each statement with its parameters, or each step of a migration, would only drown what matters.
    for chatty in ("sqlalchemy", "alembic", "aiosqlite", "asyncio"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)


def redacted(text: str) -> str:
    """*text* with everything that looks like a secret replaced."""
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


class AccessLogger(AbstractAccessLogger):
    """One line per answered request: the path without its query, in which tickets travel."""

    def log(self, request: BaseRequest, response: StreamResponse, time: float) -> None:
        write = _access.debug if request.path in _PROBES else _access.info
        write(
            "request",
            method=request.method,
            # Percent-encoded as it came: a decoded line break would forge a second line.
            path=request.rel_url.raw_path[:1024],
            status=response.status,
            bytes=response.body_length,
            seconds=round(time, 6),
            remote=request.remote,
            request_id=response.headers.get("X-Request-ID"),
        )

    @property
    def enabled(self) -> bool:
        return logging.getLogger("beamdesk.access").isEnabledFor(logging.INFO)


_PROBES = frozenset({"/healthz", "/readyz", "/metrics"})

_access = structlog.stdlib.get_logger("beamdesk.access")


def _renderer(*, is_human: bool, colours: bool) -> structlog.typing.Processor:
    if is_human:
        return structlog.dev.ConsoleRenderer(
            colors=colours, exception_formatter=structlog.dev.plain_traceback, pad_event_to=30
        )
    return structlog.processors.JSONRenderer(ensure_ascii=False, default=repr)


def _redact_values(_logger: object, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {key: _redact_value(key, value, 0) for key, value in event.items()}


def _redact_value(key: object, value: object, depth: int) -> object:
    if isinstance(key, str) and _TELLING_KEY.search(key) and value is not None:
        return REDACTED
    if depth >= _DEEPEST:
        return repr(value)
    match value:
        case Mapping():
            return {str(inner): _redact_value(inner, item, depth + 1) for inner, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_redact_value(None, item, depth + 1) for item in value]
        case _:
            return value


def _redact_line(_logger: object, _name: str, line: Any) -> str:
    return redacted(str(line))
