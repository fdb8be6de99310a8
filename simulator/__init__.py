"""A Nextcloud with Talk to develop and test against: a real HTTP server, nothing of the app."""

from __future__ import annotations

from simulator.conversations import Actor
from simulator.handles import ConversationHandle, MemberHandle
from simulator.server import Simulator

__all__ = ["Actor", "ConversationHandle", "MemberHandle", "Simulator"]
