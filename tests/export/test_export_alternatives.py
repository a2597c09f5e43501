"""Documents and pages that hold the replies of each place that are not current."""

from __future__ import annotations

import json

import pytest
from command_sessions import refusal, run_command
from support import out, paragraph, run_cli

from grokchat.export.formats import FORMATS, WITH_ALTERNATIVES, export
from grokchat.messages import INTERRUPTED, ReplyInfo, body
from grokchat.session.export_source import export_source
from grokchat.session.session import Session
from grokchat.session.session_config import SessionConfig
from grokchat.system.files import read_file


def asked_again(config=None) -> Session:
    """Return a session whose only reply is 2 of 3."""
    session = Session.new(config or SessionConfig(None))
    with session.as_one_change():
        session.add_message(body("user", "hi"))
        session.add_reply("A", body("assistant", "**one** </details>"), ReplyInfo(model="<m&>", finish_reason="stop"))
    for reply_id, text, reason in (("B", "two", "stop"), ("C", "three", INTERRUPTED)):
        with session.as_one_change():
            session.remove([session.conversation.messages[-1].id], more=True)
            session.add_reply(reply_id, body("assistant", text), ReplyInfo(finish_reason=reason))
    run_command(session, "/alt 2")
    return session


def exported(form, session) -> str:
    return export(form, export_source(session, has_alternatives=True)).decode()


def test_a_document_has_them_folded_below_the_reply():
    text = exported("markdown", asked_again())
    assert text.endswith(
        """## 2 · Assistant · 2 of 3

two

<details>
<summary>Alternative 1 of 3 · &lt;m&amp;&gt;</summary>

> **one** </details>

</details>

<details>
<summary>Alternative 3 of 3 · interrupted</summary>

three

</details>
"""
    )


def test_a_page_has_them_folded_below_the_reply():
    text = exported("html", asked_again())
    first, second = text.split('<details class="alternative">')[1:]
    assert "<summary>Alternative 1 of 3 · &lt;m&amp;&gt;</summary>" in first
    assert "<strong>one</strong> &lt;/details&gt;" in first
    assert "three" in second
    assert "Interrupted: the reply stops here." in second
    assert "2 of 3" in text.split("<details")[0]


@pytest.mark.parametrize("form", FORMATS)
def test_without_the_flag_an_export_is_what_it_was(form):
    session = asked_again()
    text = export(form, export_source(session)).decode()
    assert "three" not in text
    assert " of 3" not in text


@pytest.mark.parametrize("line", ["/export html --alternatives {}", "/export html {} --alternatives"])
def test_the_flag_stands_before_or_after_the_path(line, tmp_path):
    session = asked_again()
    run_command(session, line.format(tmp_path / "a b.html"))
    assert (tmp_path / "a b.html").read_text("utf-8") == exported("html", session)


@pytest.mark.parametrize("form", sorted(set(FORMATS) - set(WITH_ALTERNATIVES)))
def test_other_formats_refuse_it(form):
    message = f"{form} holds what is sent, without alternatives. --alternatives works with markdown and html."
    assert refusal(asked_again(), f"/export {form} --alternatives") == message


def test_the_shell_has_the_same_option(tmp_path):
    home = tmp_path / "home"
    session = asked_again(SessionConfig(home / "sessions"))
    session.close()
    for form in WITH_ALTERNATIVES:
        code, environment = run_cli(home, None, "-c", "--export", form, "--alternatives")
        assert (code, out(environment)) == (0, exported(form, session))
    for argv, problem in (
        (("-c", "--export", "json", "--alternatives"), "json holds what is sent, without alternatives"),
        (("-c", "--alternatives"), "--alternatives says what --export writes"),
    ):
        code, environment = run_cli(home, None, *argv)
        assert code == 2
        assert problem in paragraph(environment)


# -- forks -------------------------------------------------------------------------------------------------------------


def seen(session):
    last = session.conversation.messages[-1].id
    texts = [session.alternatives.message(other.shown_id).text for other in session.alternatives.of(last)]
    return [message.text for message in session.conversation], texts, session.alternatives.position(last)


def test_a_fork_has_the_alternatives_with_their_numbers(tmp_path):
    session = asked_again(SessionConfig(tmp_path))
    fork = session.fork()
    path = fork.path
    assert seen(fork) == seen(session) == (["hi", "two"], ["**one** </details>", "two", "three"], (2, 3))
    fork.close()
    fork = Session.open(SessionConfig(tmp_path), path, read_file(path))
    assert seen(fork) == seen(session)
    assert fork.undo(1) == []
    run_command(fork, "/alt 3")
    assert seen(fork.fork())[1:] == (["**one** </details>", "two", "three"], (3, 3))


def test_a_fork_leaves_out_what_answered_another_version_of_the_question(tmp_path):
    session = asked_again(SessionConfig(tmp_path))
    question, reply = session.conversation.messages
    with session.as_one_change():
        session.add_message(body("user", "another"), replaces=question.id, more=True)
        session.remove([reply.id])
        session.add_reply("D", body("assistant", "four"), ReplyInfo())
    assert seen(session.fork())[1] == []
    run_command(session, "/alt 1")
    assert seen(session.fork())[1] == ["**one** </details>", "two", "three"]


def test_a_fork_without_alternatives_is_written_as_before(tmp_path):
    session = Session.new(SessionConfig(tmp_path))
    session.add_message(body("user", "hi"))
    session.add_reply("A", body("assistant", "one"), ReplyInfo(model="m"))
    fork = session.fork()
    lines = [json.loads(line) for line in read_file(fork.path).splitlines()[1:]]
    known = [{key: line[key] for key in line if key not in {"id", "time", "change"}} for line in lines]
    assert known == [
        {"type": "message", "message": body("user", "hi")},
        {"type": "message", "message": body("assistant", "one"), "model": "m"},
    ]
