"""`/ask-admin status | reindex | add URL | remove ID`, for the admins of the settings."""

from __future__ import annotations

import re
from pathlib import Path

from commands import Command
from seed_answers import ANSWERS, OTHER_QUESTION
from slack_emulator.scene import Scene
from slack_emulator.website import Website

PAGES = {
    "/mill": """<!doctype html><html><head><title>The mill of Osk</title></head><body><article><h1>The mill of Osk</h1>
<p>The mill of Osk was bought by Greta Lind in 1931. She ground rye and barley there for forty years, until the river was
dammed.</p><p>Today the mill is a museum, and its wheel turns every Sunday in summer.</p></article></body></html>"""
}


def config(scene: Scene) -> str:
    return f'allow_private_addresses = true\n[slack]\nadmins = ["{scene.alice.id}"]\n'


def reply_to(scene: Scene, text: str, words: str) -> str:
    """What the admin is told, once it holds these words."""
    reply = scene.alice.types("/ask-admin", text, in_="general")

    def replied() -> str:
        return next((message.text for message in reply.messages if re.search(words, message.text, re.I)), "")

    answer = str(scene.wait_for(f"{words!r} after /ask-admin {text}", replied, 60))
    assert all(message.ephemeral_to == scene.alice.id for message in reply.messages)
    return answer


def test_status_says_what_there_is(scene: Scene) -> None:
    assert "15 articles" in reply_to(scene, "status", "articles")


def test_without_a_verb_it_says_how_it_is_used(scene: Scene) -> None:
    for text in ("", "help", "destroy everything"):
        assert "/ask-admin" in reply_to(scene, text, "ask-admin")


def test_others_are_refused(scene: Scene, room: str) -> None:
    for text in ("status", "reindex", "remove x", "add https://example.org/"):
        reply = scene.bob.types("/ask-admin", text, in_=room).message()
        assert "admin" in reply.text
        assert "articles" not in reply.text


def test_a_page_is_added_and_removed(scene: Scene, room: str, website: Website) -> None:
    question = "Who bought the mill of Osk?"
    reply_to(scene, f"add {website.address}/mill", "done|added|1 new")
    answer = scene.answer(scene.bob.asks(question, in_=room))
    assert "Greta Lind" in scene.text(answer)
    listed = reply_to(scene, "status", "articles")
    assert "16 articles" in listed
    articles = Command(scene.app.folder, scene.app.folder, scene.data_dir)("articles", "list", "--json").json
    article_id = next(article["id"] for article in articles if "mill" in article["title"])
    assert "mill of Osk" in reply_to(scene, f"remove {article_id}", "removed")
    assert "Greta Lind" not in scene.text(scene.answer(scene.bob.asks(question, in_=room)))


def test_what_does_not_work_is_said(scene: Scene, website: Website) -> None:
    assert "404" in reply_to(scene, f"add {website.address}/gone", "404|work")
    reply_to(scene, "remove nosuchid", "no such|no article|work")
    reply_to(scene, "add ftp://example.org/x", "work|http")


def test_reindexing_goes_on_beside_the_answers(scene: Scene, room: str, seeds_folder: Path) -> None:
    reply = scene.alice.types("/ask-admin", "reindex", in_=room)
    answer = scene.answer(scene.bob.asks(OTHER_QUESTION, in_=room))
    assert ANSWERS[OTHER_QUESTION] in scene.bold(answer)
    scene.wait_for("the report", lambda: any("unchanged" in message.text for message in reply.messages), 60)
