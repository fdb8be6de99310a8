"""Addresses at Nextcloud for the member's browser: built from our own base, never from a field of an answer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Links:
    """`base_url` is Nextcloud's address without a slash at its end. Addresses with `/index.php` work everywhere,
    those without only where `pretty` (Nextcloud's `mod-rewrite-working`)."""

    base_url: str
    pretty: bool = False

    @property
    def talk(self) -> str:
        """Talk's start page: all conversations."""
        return f"{self._front}/apps/spreed/"

    def conversation(self, token: str, message_id: int = 0) -> str:
        """Where a conversation opens, at a message where its id is known (0: not)."""
        return f"{self._front}/call/{token}" + (f"#message_{message_id}" if message_id else "")

    @property
    def _front(self) -> str:
        return self.base_url if self.pretty else f"{self.base_url}/index.php"
