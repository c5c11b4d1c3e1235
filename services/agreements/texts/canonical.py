"""The form of a text that is stored, hashed and signed: UTF-8, Unicode NFC, lines ending in LF."""

import hashlib
import unicodedata

LARGEST = 500_000
"""Bytes of a canonical text in UTF-8."""


def canonical(body: str) -> str:
    """The same text in NFC with LF line ends; nothing else changes, so that nobody signs what the machine thought better."""
    return unicodedata.normalize("NFC", body.replace("\r\n", "\n").replace("\r", "\n"))


def digest(body: str) -> str:
    """SHA-256 of the canonical text's UTF-8 bytes, in 64 lower-case hex digits."""
    return hashlib.sha256(canonical(body).encode()).hexdigest()
