"""Independent random streams from one seed."""

from __future__ import annotations

import hashlib


def derive_seed(*parts: object) -> int:
    """Return a 63-bit seed for the stream that ``parts`` name.

    The data order derives from dataset, setting and seed only, so that models and TOP settings are
    compared on the same order.
    """
    digest = hashlib.sha256("/".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1
