"""Mail waits here in the transaction that asks for it, and leaves only after that was committed."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP as MAIL_LINES
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import UUID

from sqlalchemy.orm import Mapped, Session, mapped_column, sessionmaker

from fracas.core import clock, jobs
from fracas.core.db import Base, Key, Short, uuid7

SEND = "outbox.send"
TIMEOUT_SECONDS = 30


class OutboxMessage(Base):
    __tablename__ = "outbox_message"
    __history__ = None

    id: Mapped[Key]
    organisation_id: Mapped[UUID | None]
    recipient: Mapped[Short]
    subject: Mapped[Short]
    body: Mapped[str] = mapped_column(comment="emptied once sent: it may hold a password link")
    entered_at: Mapped[datetime] = mapped_column(default=clock.now)
    sent_at: Mapped[datetime | None] = mapped_column(index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None]


def post(
    session: Session, *, organisation_id: UUID | None, recipient: str, subject: str, body: str
) -> OutboxMessage:
    """Put a mail into the outbox. It leaves after the commit, or never if there is none."""
    message = OutboxMessage(
        id=uuid7(),
        organisation_id=organisation_id,
        recipient=_one_line(recipient),
        subject=_one_line(subject)[:200],
        body=body,
    )
    session.add(message)
    jobs.enqueue(session, SEND, {"message": str(message.id)}, organisation_id=organisation_id)
    return message


def _one_line(text: str) -> str:
    """A header is one line; a line break in it would begin another header."""
    return " ".join(text.split())


@dataclass(frozen=True)
class Postman:
    """Takes the outbox to a mail server.

    ``url`` is ``smtp://host:port``, ``smtps://...`` (TLS from the start) or ``smtp+starttls://...``, each with
    ``user:password@`` where the server wants it.
    """

    url: str
    sender: str

    def send(self, sessions: sessionmaker[Session], payload: dict[str, Any]) -> None:
        """The work of an ``outbox.send`` job.

        The database is not held while the mail server takes its time. A worker killed between the server's "yes"
        and our note of it sends the mail a second time; better twice than never.
        """
        with sessions.begin() as session:
            message = session.get(OutboxMessage, UUID(payload["message"]))
            if message is None or message.sent_at is not None:
                return
            message.attempts += 1
            mail = self._mail(message)
        try:
            with self._server() as server:
                server.send_message(mail)
        except (OSError, smtplib.SMTPException) as error:
            with sessions.begin() as session:
                session.get_one(OutboxMessage, UUID(payload["message"])).last_error = str(error)
            raise
        with sessions.begin() as session:
            message = session.get_one(OutboxMessage, UUID(payload["message"]))
            message.sent_at, message.last_error, message.body = clock.now(), None, ""

    def _mail(self, message: OutboxMessage) -> EmailMessage:
        mail = EmailMessage(policy=MAIL_LINES)
        mail["From"], mail["To"], mail["Subject"] = self.sender, message.recipient, message.subject
        mail["Date"] = message.entered_at
        mail["Message-ID"] = f"<{message.id}@{self.sender.rpartition('@')[2] or 'fracas'}>"
        mail.set_content(message.body)
        return mail

    @contextmanager
    def _server(self) -> Iterator[smtplib.SMTP]:
        parts = urlsplit(self.url)
        context = ssl.create_default_context()
        if parts.scheme == "smtps":
            made: smtplib.SMTP = smtplib.SMTP_SSL(
                parts.hostname or "", parts.port or 465, timeout=TIMEOUT_SECONDS, context=context
            )
        else:
            made = smtplib.SMTP(parts.hostname or "", parts.port or 25, timeout=TIMEOUT_SECONDS)
        with made as server:
            if parts.scheme == "smtp+starttls":
                server.starttls(context=context)
            if parts.username:
                server.login(unquote(parts.username), unquote(parts.password or ""))
            yield server
