"""The sample accounts' passwords: made at random the first time, kept in the data folder for the owner's eyes only."""

import json
import os
import secrets
from pathlib import Path

from deploy.errors import StartRefused

FILE = "credentials.json"


class Credentials:
    """Passwords by e-mail address and secrets by client id, in a file of mode 0600."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self._known: dict[str, str] = json.loads(self.path.read_text()) if self.path.exists() else {}

    def of(self, name: str) -> str:
        """The password of this account or the secret of this client; made and kept when there is none yet."""
        if name not in self._known:
            self._known[name] = secrets.token_urlsafe(18)
            self._write()
        return self._known[name]

    def password(self, name: str) -> str:
        """The kept password; StartRefused when this platform never made one here."""
        if name not in self._known:
            raise StartRefused(f"No password of {name} is kept in {self.path}. Set COMITY_DATA to the data folder of the platform that you mean.")
        return self._known[name]

    def keep(self, name: str, secret: str) -> None:
        """Keep a secret that the platform made."""
        self._known[name] = secret
        self._write()

    def known(self) -> dict[str, str]:
        return dict(self._known)

    def _write(self) -> None:
        fresh = self.path.with_suffix(".new")
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            json.dump(self._known, file, indent=1, sort_keys=True)
        fresh.replace(self.path)
