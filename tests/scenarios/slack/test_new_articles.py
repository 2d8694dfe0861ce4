"""New articles from Slack: a file or a link posted in a channel that is configured for it is indexed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from commands import Command
from slack_emulator.scene import Scene
from slack_emulator.website import Website
from slack_emulator.workspace import BOT_USER_ID, Message

HARBOUR = b"The harbour of Aldport reopened on Thursday. Mayor Ann Reed cut the ribbon at noon."
BRIDGE = b"# The bridge\n\nThe old bridge of Tarn was built in 1904."
PAGE = """<!doctype html><html><head><title>The lighthouse of Merrow</title></head><body><article>
<h1>The lighthouse of Merrow</h1><p>The lighthouse of Merrow was built in 1843 by the engineer Una Callister. It is 41
metres tall and its lamp can be seen from 30 kilometres away.</p><p>In 1968 the last keeper moved out, and the light has
been automatic since then. Visitors can climb its 199 steps between May and September.</p></article></body></html>"""

PAGES = {"/lighthouse": PAGE, "/retracted": PAGE.replace("Merrow", "Carrow").replace("1843", "1851")}


def pdf(text: str) -> bytes:
    """A PDF of one page with one line of text."""
    shown = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET".encode()
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
        b"/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(shown), shown),
    ]
    made, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(parts) + 1
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(made))
    return made + b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table) + trailer


FERRY = pdf("The ferry of Lund was christened by Olga Brandt in the spring of 1977.")


def config(scene: Scene) -> str:
    news = scene.workspace.add_channel("news", {BOT_USER_ID}).id
    return f"allow_private_addresses = true\n[slack]\nmax_file_mb = 1\n[slack.channels.{news}]\nindex_posts = true\n"


def signs(scene: Scene, message: Message) -> set[str]:
    """The bot's reactions to a message."""
    with scene.workspace.changed:
        return {name for name, people in message.reactions.items() if BOT_USER_ID in people}


def done(scene: Scene, message: Message) -> Message:
    """Waits until the bot has put its last reaction on a message; fails if it complained."""
    scene.wait_for("the reaction for done", lambda: any("check" in name for name in signs(scene, message)), 60)
    assert len(signs(scene, message)) == 1, "the sign that it works is gone"
    return message


def reacted(scene: Scene, message: Message) -> list[str]:
    """The reactions that the bot has given to a message, in order."""
    return [
        str(call.arguments["name"])
        for call in list(scene.workspace.calls)
        if call.method == "reactions.add" and call.arguments.get("timestamp") == message.ts
    ]


@pytest.mark.parametrize(
    ("name", "mimetype", "content", "question", "answer"),
    [
        ("harbour.txt", "text/plain", HARBOUR, "Who cut the ribbon in Aldport?", "Ann Reed"),
        ("bridge.md", "text/markdown", BRIDGE, "When was the old bridge of Tarn built?", "1904"),
        ("ferry.pdf", "application/pdf", FERRY, "Who christened the ferry of Lund?", "Olga Brandt"),
        ("light.html", "text/html", PAGE.encode(), "Who built the lighthouse of Merrow?", "Una Callister"),
    ],
)
def test_a_file_that_is_shared_can_be_asked_about(
    scene: Scene, name: str, mimetype: str, content: bytes, question: str, answer: str
) -> None:
    shared = done(scene, scene.alice.shares(name, content, mimetype, in_="news"))
    assert len(reacted(scene, shared)) == 2, "one while it works, one when it is done"
    assert shared.files[0].downloads == 1
    assert answer in scene.text(scene.answer(scene.bob.asks(question, in_="news")))


def test_a_link_that_is_posted_can_be_asked_about(scene: Scene, website: Website) -> None:
    done(scene, scene.alice.says(f"Worth reading: <{website.address}/lighthouse>", in_="news"))
    answer = scene.answer(scene.alice.asks("How many steps does the lighthouse of Merrow have?", in_="news"))
    assert "199" in scene.text(answer)


@pytest.mark.parametrize(
    ("name", "mimetype", "content", "words"),
    [
        ("broken.pdf", "application/pdf", b"%PDF-1.7 and then nothing", "could not index"),
        ("photo.png", "image/png", b"\x89PNG\r\n", "text"),
        ("empty.txt", "text/plain", b"", "could not index"),
        ("large.txt", "text/plain", b"a b c " * 300_000, "larger than 1 MB"),
    ],
)
def test_what_cannot_be_indexed_is_explained_in_the_thread(
    scene: Scene, name: str, mimetype: str, content: bytes, words: str
) -> None:
    shared = scene.alice.shares(name, content, mimetype, in_="news")
    answer = scene.answer(shared)
    assert words in answer.text
    scene.settle()
    assert len(scene.answers(shared)) == 1
    assert not any("check" in sign for sign in signs(scene, shared))


def test_what_could_not_be_indexed_is_kept_nowhere(scene: Scene, website: Website) -> None:
    """Or the folder would grow for ever, and each reindexing would complain of it again."""
    files = {path.name for path in (scene.data_dir / "slack_files").rglob("*") if path.is_file()}
    refused = [scene.alice.shares("scrap.pdf", b"%PDF-1.7 torn", "application/pdf", in_="news")]
    refused.append(scene.alice.says(f"<{website.address}/lost>", in_="news"))
    for message in refused:
        scene.answer(message)
    scene.settle()
    assert {path.name for path in (scene.data_dir / "slack_files").rglob("*") if path.is_file()} == files
    listed = Command(scene.app.folder, scene.app.folder, scene.data_dir)("sources", "list", "--json").json
    assert [source for source in listed if "scrap" in source["location"] or "lost" in source["location"]] == []


def test_a_file_of_which_the_message_says_no_more_than_its_id_is_looked_up(scene: Scene) -> None:
    content = b"The clock of Wexmoor was repaired by Tilda Rask in 1957."
    done(scene, scene.alice.shares("clock.txt", content, "text/plain", in_="news", foreign=True))
    answer = scene.answer(scene.bob.asks("Who repaired the clock of Wexmoor?", in_="news"))
    assert "Tilda Rask" in scene.text(answer)


def test_what_is_posted_in_a_channel_answers_there_only(scene: Scene, room: str, website: Website) -> None:
    """Not in another channel, not in a direct message, not by a button, and not in another thread's memory."""
    content = b"The wage bill of Quorra Mills was cut by nine per cent, wrote Hedda Lund in a memo."
    done(scene, scene.alice.shares("memo.txt", content, "text/plain", in_="news"))
    done(scene, scene.alice.says(f"<{website.address}/lighthouse>", in_="news"))
    for question, words in (
        ("Who wrote the memo about the wage bill of Quorra Mills?", "Hedda Lund"),
        ("How many steps does the lighthouse of Merrow have?", "199"),
    ):
        assert words in scene.text(scene.answer(scene.bob.asks(question, in_="news")))
        assert words not in scene.text(scene.answer(scene.bob.asks(question, in_=room)))
        assert words not in scene.text(scene.answer(scene.bob.writes_to_bot(question)))


OLD_QUESTION, OLD_WORDS = "Who bought the barge of Narrow Quay?", "Elin Torvald"


def old_scene(make_scene: Callable[..., Scene], tmp_path: Path, indexed: Path, settings: str) -> Scene:
    """A scene whose store has a file that an app from before it was recorded where files were posted has put there."""
    store = tmp_path / "old"
    shutil.copytree(indexed, store)
    posted = store / "slack_files" / "F0OLD0001" / "barge.txt"
    posted.parent.mkdir(parents=True)
    posted.write_text("The barge of Narrow Quay was bought by Elin Torvald in 1888.")
    scene = make_scene(lambda _: f"[slack]\n{settings}", store, channels=("general",))
    moved = scene.data_dir / "slack_files" / "F0OLD0001" / "barge.txt"
    index = Command(scene.app.folder, scene.app.folder, scene.data_dir)("index", str(moved))
    assert index.code == 0, index.output
    scene.app.start()
    return scene


def test_a_file_that_was_posted_before_it_was_recorded_where_answers_nowhere(
    make_scene: Callable[..., Scene], tmp_path: Path, indexed_seeds: Path
) -> None:
    old = old_scene(make_scene, tmp_path, indexed_seeds, "")
    assert OLD_WORDS not in old.text(old.answer(old.bob.asks(OLD_QUESTION, in_="general")))
    assert OLD_WORDS not in old.text(old.answer(old.bob.writes_to_bot(OLD_QUESTION)))
    assert "post them again" in old.app.log, "an operator is told what to do"
    old.check()


def test_where_posts_are_shared_an_old_file_answers_everywhere(
    make_scene: Callable[..., Scene], tmp_path: Path, indexed_seeds: Path
) -> None:
    old = old_scene(make_scene, tmp_path, indexed_seeds, "share_posts = true")
    assert OLD_WORDS in old.text(old.answer(old.bob.asks(OLD_QUESTION, in_="general")))
    old.check()


def test_a_link_that_leads_nowhere_is_explained(scene: Scene, website: Website) -> None:
    answer = scene.answer(scene.alice.says(f"<{website.address}/gone>", in_="news"))
    assert "404" in answer.text


def test_elsewhere_nothing_is_indexed(scene: Scene, room: str, website: Website) -> None:
    shared = scene.alice.shares("other.txt", b"The mayor of Tarn is Ida Holm.", "text/plain", in_=room)
    linked = scene.alice.says(f"<{website.address}/lighthouse>", in_=room)
    scene.stays_silent(shared, linked)
    assert signs(scene, shared) | signs(scene, linked) == set()
    assert shared.files[0].downloads == 0


def test_a_file_of_another_service_never_sees_the_bots_token(scene: Scene, website: Website) -> None:
    shared = scene.alice.shares("light.html", b"", "text/html", in_="news", at=f"{website.address}/lighthouse")
    scene.wait_for("a sign or words", lambda: scene.answers(shared) or len(reacted(scene, shared)) > 1)
    assert set(website.authorizations) <= {None}


def test_a_link_to_a_retracted_article_is_refused(scene: Scene, website: Website, cache_dir: Path) -> None:
    qa_bot = Command(scene.app.folder, cache_dir, scene.data_dir)
    address = f"{website.address}/retracted"
    assert qa_bot("articles", "retract", address).code == 0
    message = scene.alice.says(f"<{address}>", in_="news")
    assert "retracted" in scene.answer(message).text
    assert not any("check" in name for name in signs(scene, message))
