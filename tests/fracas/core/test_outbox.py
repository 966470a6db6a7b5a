"""Mail leaves after the commit, through a real mail server, and once."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from fracas.core.db import make_engine, session_factory
from fracas.core.jobs import Job, Worker
from fracas.core.outbox import SEND, OutboxMessage, Postman, post


@dataclass
class Mailbox:
    """What the mail server was given."""

    mails: list[Any] = field(default_factory=list)
    is_refusing: bool = False

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        if self.is_refusing:
            return "451 try again later"
        self.mails.append(envelope)
        return "250 OK"


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, str]]:
    box = Mailbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield box, f"smtp://127.0.0.1:{port}"
    controller.stop()


@pytest.fixture
def sessions(empty_database_url: str) -> Iterator[sessionmaker[Session]]:
    engine = make_engine(empty_database_url)
    yield session_factory(engine)
    engine.dispose()


def put(sessions: sessionmaker[Session], **facts: str) -> None:
    facts = {"recipient": "lin@example.org", "subject": "Hello", "body": "First line\n.\n第二行\n", **facts}
    with sessions.begin() as session:
        post(session, organisation_id=None, **facts)


def messages(sessions: sessionmaker[Session]) -> list[OutboxMessage]:
    with sessions() as session:
        return list(session.scalars(select(OutboxMessage)))


def test_mail_leaves_once_and_its_text_is_not_kept(
    sessions: sessionmaker[Session], mailbox: tuple[Mailbox, str]
) -> None:
    box, url = mailbox
    put(sessions)
    worker = Worker(sessions, {SEND: Postman(url, "fracas@example.org").send})
    assert worker.run_waiting() == 1
    (envelope,) = box.mails
    assert envelope.mail_from == "fracas@example.org"
    assert envelope.rcpt_tos == ["lin@example.org"]
    from email import message_from_bytes, policy

    mail = message_from_bytes(envelope.content, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    assert mail["Subject"] == "Hello"
    assert "第二行" in mail.get_content()
    (message,) = messages(sessions)
    assert message.sent_at is not None
    assert message.body == ""
    Postman(url, "fracas@example.org").send(sessions, {"message": str(message.id)})
    assert len(box.mails) == 1


def test_what_was_rolled_back_is_not_sent(
    sessions: sessionmaker[Session], mailbox: tuple[Mailbox, str]
) -> None:
    box, url = mailbox
    with sessions() as session:
        post(session, organisation_id=None, recipient="a@b.c", subject="s", body="b")
        session.flush()
        session.rollback()
    assert Worker(sessions, {SEND: Postman(url, "fracas@example.org").send}).run_waiting() == 0
    assert box.mails == []


def test_a_server_that_refuses_is_asked_again(
    sessions: sessionmaker[Session], mailbox: tuple[Mailbox, str]
) -> None:
    box, url = mailbox
    box.is_refusing = True
    put(sessions)
    worker = Worker(sessions, {SEND: Postman(url, "fracas@example.org").send})
    assert worker.run_waiting() == 1
    (message,) = messages(sessions)
    assert message.sent_at is None
    assert message.last_error is not None
    assert "try again later" in message.last_error
    with sessions() as session:
        job = session.scalars(select(Job)).one()
    assert job.finished_at is None
    box.is_refusing = False
    Postman(url, "fracas@example.org").send(sessions, {"message": str(message.id)})
    assert len(box.mails) == 1
    assert messages(sessions)[0].attempts == 2


def test_without_a_server_mail_waits(sessions: sessionmaker[Session]) -> None:
    put(sessions)
    assert Worker(sessions, {}).run_waiting() == 0
    worker = Worker(sessions, {SEND: Postman("smtp://127.0.0.1:9", "fracas@example.org").send})
    assert worker.run_waiting() == 1
    assert messages(sessions)[0].sent_at is None
    assert messages(sessions)[0].body != ""


def test_a_line_break_makes_no_second_header(
    sessions: sessionmaker[Session], mailbox: tuple[Mailbox, str]
) -> None:
    box, url = mailbox
    put(sessions, subject="Hello\r\nBcc: everybody@example.org")
    Worker(sessions, {SEND: Postman(url, "fracas@example.org").send}).run_waiting()
    (envelope,) = box.mails
    assert envelope.rcpt_tos == ["lin@example.org"]
    assert b"\nBcc:" not in envelope.content
