"""VNC Authentication (RFC 6143, section 7.2.2): DES with the bits of each key byte reversed."""

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes

__all__ = ["CHALLENGE_SIZE", "response_to"]

CHALLENGE_SIZE = 16
_KEY_SIZE = 8


def response_to(challenge: bytes, password: str) -> bytes:
    """Encrypt the 16 bytes of *challenge*; of *password* the first eight bytes of its UTF-8 form count."""
    key = password.encode()[:_KEY_SIZE].ljust(_KEY_SIZE, b"\0")
    key = bytes(int(f"{byte:08b}"[::-1], 2) for byte in key)
    # Triple DES with three equal keys is single DES, which the library does not offer by itself; ECB is
    # what the protocol prescribes.
    encryptor = Cipher(TripleDES(key * 3), modes.ECB()).encryptor()  # noqa: S305
    return encryptor.update(challenge) + encryptor.finalize()
