"""Auto-answer channels: questions at the top level are answered if the bot is sure enough; else it is silent."""

from __future__ import annotations

from seed_answers import ANSWERS, OTHER_QUESTION, QUESTION, UNANSWERED
from slack_emulator.scene import Scene
from slack_emulator.workspace import BOT_USER_ID


def config(scene: Scene) -> str:
    auto = scene.workspace.add_channel("auto", {BOT_USER_ID}).id
    picky = scene.workspace.add_channel("picky", {BOT_USER_ID}).id
    off = scene.workspace.add_channel("off", {BOT_USER_ID}).id
    return f"""
[slack.channels.{auto}]
mode = "auto"
threshold = 0.3
[slack.channels.{picky}]
mode = "auto"
threshold = 0.999
[slack.channels.{off}]
mode = "off"
"""


def test_a_question_is_answered_without_a_mention(scene: Scene) -> None:
    assert ANSWERS[QUESTION] in scene.bold(scene.answer(scene.alice.says(QUESTION, in_="auto")))


def test_what_it_cannot_answer_and_what_is_no_question_stays_without_a_word(scene: Scene) -> None:
    scene.stays_silent(
        scene.alice.says(UNANSWERED, in_="auto"),
        scene.alice.says("Voyager 2 was launched in 1977.", in_="auto"),
        scene.alice.says("thanks!", in_="auto"),
        scene.alice.says("hello", in_="auto"),
    )
    assert not any(text for _, _, text in scene.workspace.statuses if "auto" in text)


def test_the_channels_threshold_counts(scene: Scene) -> None:
    scene.stays_silent(scene.alice.says(QUESTION, in_="picky"))


def test_a_mention_there_is_answered_once(scene: Scene) -> None:
    question = scene.alice.asks(OTHER_QUESTION, in_="auto")
    scene.answer(question)
    scene.settle()
    assert len(scene.answers(question)) == 1


def test_replies_in_threads_of_others_are_left_alone(scene: Scene) -> None:
    root = scene.alice.says("Some news.", in_="auto")
    scene.stays_silent(scene.bob.says(QUESTION, in_="auto", thread=root))


def test_a_question_to_somebody_else_is_left_alone(scene: Scene) -> None:
    scene.stays_silent(scene.alice.says(f"<@{scene.bob.id}> {QUESTION}", in_="auto"))


def test_where_it_is_off_not_even_mentions_are_answered(scene: Scene) -> None:
    scene.stays_silent(scene.alice.asks(QUESTION, in_="off"))
