"""App passwords of the demo outlive a restart, so that what was connected yesterday still is today."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from simulator.members import AppPassword
from simulator.state import State

_FIELDS = ("user_id", "login_name", "name", "secret", "created_at", "trouble")


def remember(state: State, file: Path, written: str) -> str:
    """Write the app passwords of `state` to `file` unless they are what was `written` last; returns the text."""
    with state.lock:
        kept = [
            {name: getattr(one, name) for name in _FIELDS}
            for member in state.members
            for one in member.active_app_passwords
        ]
    text = json.dumps(kept, indent=1)
    if text != written:
        partial = file.with_suffix(".partial")
        with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
            out.write(text)
        partial.replace(file)
    return text


def recall(state: State, file: Path) -> None:
    """Give the members of `state` the app passwords that `file` remembers; an unreadable file is nothing."""
    try:
        kept: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    with state.lock:
        for one in kept:
            member = state.members.get(str(one.get("user_id")))
            if member is not None:
                _restore(state, AppPassword(id=0, **{name: one[name] for name in _FIELDS}))


def _restore(state: State, kept: AppPassword) -> None:
    member = state.members.ensure(kept.user_id)
    made = state.members.add_app_password(member, kept.name, kept.login_name, kept.created_at)
    made.secret, made.trouble = kept.secret, kept.trouble
