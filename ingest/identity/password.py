"""Passwords of those who connect to the broker, and what Mosquitto keeps of them."""

import base64
import hashlib
import secrets

ROUNDS = 101
"""Mosquitto's own number. A password of 120 random bits is not guessed by trying, and a broker that is started anew has
every gateway at its door at once."""
_SALT_BYTES = 12
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
"""Without what is mistaken for something else when it is typed from paper: l, o, 0, 1 and capitals."""
_LENGTH, _GROUP = 24, 6


def new_password() -> str:
    """A password of 24 letters and digits (120 bits) in four groups, as one types it into a device."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
    return "-".join(letters[start : start + _GROUP] for start in range(0, _LENGTH, _GROUP))


def mosquitto_hash(password: str, *, salt: bytes | None = None) -> str:
    """What stands in Mosquitto's password file: `$7$rounds$salt$hash`, PBKDF2 with HMAC-SHA-512 (RFC 8018)."""
    salt = secrets.token_bytes(_SALT_BYTES) if salt is None else salt
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ROUNDS)
    return f"$7${ROUNDS}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"
