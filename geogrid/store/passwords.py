"""Passwords: what is one, and how it is kept so that nobody can read it back."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

from geogrid.errors import InputError

if TYPE_CHECKING:
    from argon2 import PasswordHasher

__all__ = ["LONGEST", "SHORTEST", "check_password", "hash_password", "is_right"]

# length decides, and long phrases are welcome; the upper limit bounds the work that a guess makes
SHORTEST, LONGEST = 10, 256

# the second recommendation of RFC 9106, section 4, for machines with little memory:
# 3 passes over 64 MiB in 4 lanes, a tenth of a second here
_PASSES, _MEMORY_KIB, _LANES = 3, 65_536, 4

# the commonest of ten characters and more; shorter ones are refused by length
_COMMONEST = """
1234567890 0123456789 12345678910 123456789a a123456789 1q2w3e4r5t q1w2e3r4t5 qwertyuiop
qwerty12345 qwerty123456 1qaz2wsx3edc zaq12wsxcde3 asdfghjkl123 password123 password1234
passw0rd123 p@ssw0rd123 administrator admin123456 admin12345 administrator1 iloveyou123
woaini1314520 woaini5201314 5201314520 1314520520 changeme123 letmein1234 welcome123
geogrid123 qingdao123 shinan12345 11223344556 1122334455 9876543210 0987654321
"""


def _plain(password: str) -> str:
    """Return one form of a password, however the keyboard wrote it (full-width letters)."""
    return unicodedata.normalize("NFKC", password)


def check_password(user_name: str, password: str) -> None:
    """Refuse a password that is guessed first.

    Parameters
    ----------
    user_name : str
        Whose it shall be.
    password : str
        In clear; it is in no message.

    Raises
    ------
    InputError
        If it is shorter than 10 or longer than 256 characters, holds the user
        name, is one of the commonest, or one short piece over and over.
    """
    plain = _plain(password)
    low = plain.casefold()
    if not SHORTEST <= len(plain) <= LONGEST:
        cause = f"it needs {SHORTEST} to {LONGEST} characters"
    elif user_name.casefold() in low:
        cause = "it holds the user name"
    elif low in _COMMONEST.split() or len(set(low)) < 4:
        cause = "it is one of the first that anybody tries"
    else:
        return
    raise InputError(f"The password of {user_name} cannot be used: {cause}; choose another.")


@lru_cache(maxsize=1)
def _hasher() -> PasswordHasher:
    """Return the one that hashes; made late, since argon2 is not always needed."""
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=_PASSES, memory_cost=_MEMORY_KIB, parallelism=_LANES)


@lru_cache(maxsize=1)
def _nobody() -> str:
    """Return the hash of a password that nobody has, to spend as long on a wrong name."""
    import secrets

    return _hasher().hash(secrets.token_hex())


def hash_password(password: str) -> str:
    """Return what is kept of a password.

    Parameters
    ----------
    password : str
        In clear.

    Returns
    -------
    str
        Argon2id with its parameters and a salt of its own.
    """
    return _hasher().hash(_plain(password))


def is_right(kept: str | None, password: str) -> tuple[bool, bool]:
    """Hold a password against what is kept, in the same time for whoever is not there.

    Parameters
    ----------
    kept : str or None
        From `hash_password`; None if there is no such user.
    password : str
        As it was typed.

    Returns
    -------
    is_right : bool
        Whether it is this one.
    is_outdated : bool
        Whether what is kept was made with other parameters than today's.
    """
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        _hasher().verify(_nobody() if kept is None else kept, _plain(password[: LONGEST + 1]))
    except (VerificationError, InvalidHashError):
        return False, False
    return kept is not None, kept is not None and _hasher().check_needs_rehash(kept)
