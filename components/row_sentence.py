"""What a row of the card says to the ear: one sentence of all that it shows, marks, icons and times in full words."""

from __future__ import annotations

from dash import html

from components.face import presence_words
from components.marks import marks
from components.sentences import Words, filled, iso_time
from services.conversation_line import ConversationLine, Mark
from services.preview import Preview
from web.language import gettext as _
from web.language import ngettext


def row_sentence(line: ConversationLine, *, compact: bool = False) -> html.Span:
    """The sentence of `line`, for screen readers alone; without what was said where the row is `compact`."""
    facts = [presence_words(line), ", ".join(mark_words(mark) for mark in line.marks), _unread(line)]
    known = [f", {fact}" for fact in facts if fact]
    last = _activity(line) if compact else _last(line)
    return html.Span([html.Bdi(line.name), *known, *last], className="visually-hidden")


def mark_words(mark: Mark) -> str:
    """What an icon beside the name means."""
    return {
        Mark.CALL: _("call in progress"),
        Mark.QUIET_CALL: _("call in progress"),
        Mark.IMPORTANT: _("important"),
        Mark.FAVORITE: _("favourite"),
        Mark.MUTED: _("muted"),
        Mark.LOBBY: _("lobby"),
        Mark.READ_ONLY: _("read-only"),
        Mark.CLASSIFIED: _("classified"),
        Mark.SENSITIVE: _("sensitive"),
        Mark.ANNOUNCEMENT: _("announcements"),
        Mark.CHANNEL: _("channel"),
        Mark.EVENT: _("event"),
        Mark.REMOTE: _("on another server"),
        Mark.PUBLIC: _("public"),
    }[mark]


def _unread(line: ConversationLine) -> str:
    if not line.unread:
        return ""
    words = ngettext("%(num)s unread message", "%(num)s unread messages", line.unread)
    return _("%(unread)s, you are mentioned", unread=words) if line.mentioned else words


def _last(line: ConversationLine) -> Words:
    """„, letzte Nachricht von Max vor 5 Minuten: …“. Words about a message are no message."""
    preview = line.preview
    if preview.quiet or line.at is None:
        return [", ", *_opening(line), *_said(preview), *_activity(line)]
    if not preview.author:
        sentence = _("latest message %(time)s: %(text)s")
    elif preview.own:
        sentence = _("latest message from you %(time)s: %(text)s")
    else:
        sentence = _("latest message from %(author)s %(time)s: %(text)s")
    author, time = html.Bdi(preview.author), _spoken_time(line.at, "relative")
    return [", ", *filled(sentence, author=[author], time=[time], text=_said(preview))]


def _activity(line: ConversationLine) -> Words:
    if line.at is None:
        return []
    return [", ", *filled(_("last active %(time)s"), time=[_spoken_time(line.at, "relative")])]


def _opening(line: ConversationLine) -> Words:
    if line.opens_at is None or not line.preview.quiet:
        return []
    return [*filled(_("from %(time)s"), time=[_spoken_time(line.opens_at, "moment")]), ", "]


def _said(preview: Preview) -> Words:
    return [*([f"{preview.icon_words}: "] if preview.icon_words else []), html.Bdi(preview.text)]


def _spoken_time(at: int, kind: str) -> html.Time:
    """Without children: the browser writes the words, and React must not know of them."""
    return html.Time(dateTime=iso_time(at), **marks(data_spoken=kind))
