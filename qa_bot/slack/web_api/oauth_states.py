"""The OAuth `state`, which ties the end of an installation to its beginning: signed, and kept nowhere."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable
from typing import Any

from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore

_FORM = re.compile(r"([1-9][0-9]{9,11})-([0-9a-f]{32})-([0-9a-f]{64})", re.ASCII)
_PURPOSE = b"qa-bot: OAuth state\0"


class SignedStates(AsyncOAuthStateStore):
    """Issues states that say when they expire, and accepts those only; any process with the same secret can check them.

    Nothing is stored, so no number of begun installations displaces another. A state is valid until it expires.
    Slack accepts the code that it sends with a state once, and Bolt checks that the browser's cookie names the same state.

    Args:
        secret: the app's client secret; the signing key is derived from it.
        expiration_seconds: how long a state is valid, in seconds.
        now: the time, in seconds since 1970.
    """

    def __init__(self, secret: str, expiration_seconds: int, now: Callable[[], float] = time.time) -> None:
        self._key = hmac.digest(secret.encode(), _PURPOSE, "sha256")
        self._expiration_seconds = expiration_seconds
        self._now = now

    async def async_issue(self, *args: Any, **kwargs: Any) -> str:
        """Makes a state."""
        unsigned = f"{int(self._now()) + self._expiration_seconds}-{secrets.token_hex(16)}"
        return f"{unsigned}-{self._signature(unsigned)}"

    async def async_consume(self, state: str) -> bool:
        """Whether a state is one of ours and has not expired."""
        form = _FORM.fullmatch(state)
        if form is None:
            return False
        expires, nonce, signature = form.groups()
        signed = hmac.compare_digest(signature, self._signature(f"{expires}-{nonce}"))
        return signed and self._now() < int(expires)

    def _signature(self, unsigned: str) -> str:
        return hmac.new(self._key, unsigned.encode(), hashlib.sha256).hexdigest()
