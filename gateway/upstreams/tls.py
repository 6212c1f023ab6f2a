"""TLS towards desktops, as VeNCrypt's subtypes ask for it."""

import ssl
from typing import Final

__all__ = ["anonymous_context", "verifying_context"]

_ANONYMOUS_CIPHERS: Final = "ADH:AECDH:@SECLEVEL=0"


def anonymous_context() -> ssl.SSLContext:
    """For subtypes TLS…: encrypted, but nobody proves who he is.

    OpenSSL offers these cipher suites only below TLS 1.3 and at its lowest security level.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(_ANONYMOUS_CIPHERS)
    return context


def verifying_context(ca_file: str | None) -> ssl.SSLContext:
    """For subtypes X509…: the desktop's certificate must come from *ca_file*, or a CA that the system trusts.

    Reads files: not for the event loop's thread.
    """
    return ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=ca_file)
