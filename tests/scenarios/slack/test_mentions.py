"""Mention the bot in a channel: the answer comes in the question's thread."""

from __future__ import annotations

import pytest
from seed_answers import ANSWERS, OTHER_QUESTION, QUESTION, UNANSWERED
from slack_emulator import MENTION
from slack_emulator.delivery import ACK_SECONDS
from slack_emulator.payloads import message_event
from slack_emulator.scene import Scene
from slack_emulator.workspace import Message


@pytest.fixture(scope="module")
def answer(scene: Scene) -> Message:
    """The answer to a question that was asked once."""
    return scene.answer(scene.alice.asks(QUESTION, in_="general"))


def test_the_source_sentence_is_quoted_with_the_answer_in_bold(scene: Scene, answer: Message) -> None:
    (quote,) = scene.quotes(answer)
    assert ANSWERS[QUESTION] in quote
    assert ANSWERS[QUESTION] in scene.bold(answer)
    assert quote.strip().endswith("."), "a whole sentence"


def test_it_says_where_that_comes_from_and_how_sure_it_is(scene: Scene, answer: Message) -> None:
    text = scene.text(answer)
    (link,) = scene.links(answer)
    assert link.startswith("https://example.org/qa-bot-seeds/voyager-probes#:~:text=Despite%20its%20number"), (
        "at the sentence"
    )
    assert "qa_bot seeds" in text
    assert "sure" in text
    assert any(month in text for month in ("January", "July", "August", "September")), text


def test_the_notification_reads_well(answer: Message) -> None:
    assert answer.text.startswith(ANSWERS[QUESTION])
    assert "Voyager" in answer.text
    assert not set("<>*_`") & set(answer.text)


def test_the_buttons_are_there(scene: Scene, answer: Message) -> None:
    labels = " ".join(scene.labels(answer)).lower()
    for words in ("more", "context", "article"):
        assert words in labels
    assert [block["type"] for block in answer.blocks][-1] == "context_actions"


def test_both_events_of_a_mention_are_one_question_and_acknowledged_at_once(scene: Scene, room: str) -> None:
    questions = [scene.alice.asks(question, in_=room) for question in list(ANSWERS)[:4]]
    for question in questions:
        scene.answer(question)
    scene.settle()
    assert [len(scene.answers(question)) for question in questions] == [1, 1, 1, 1]
    assert max(delivery.ack_seconds or 9 for delivery in scene.slack.deliveries) < ACK_SECONDS


def test_a_question_costs_one_call(scene: Scene, room: str) -> None:
    question = scene.alice.asks(QUESTION, in_=room)
    scene.answer(question)
    scene.settle()
    about_it = [call.method for call in scene.workspace.calls if call.arguments.get("channel") == room]
    assert about_it == ["chat.postMessage"], "Slack's first delivery carries the number 0 of its attempt"


def test_an_event_that_slack_sends_again_is_not_answered_again(scene: Scene, room: str) -> None:
    question = scene.bob.asks(OTHER_QUESTION, in_=room)
    scene.answer(question)
    sent = [
        delivery for delivery in scene.slack.deliveries if delivery.payload.get("event", {}).get("ts") == question.ts
    ]
    for delivery in sent:
        event = {**delivery.payload["event"]}
        scene.slack.publish(event, event_id=delivery.payload["event_id"])
    scene.settle()
    assert len(scene.answers(question)) == 1


def test_nor_after_a_restart_nor_by_a_replica_that_has_never_heard_of_it(scene: Scene, room: str) -> None:
    question = scene.bob.asks(OTHER_QUESTION, in_=room)
    scene.answer(question)
    sent = [
        delivery for delivery in scene.slack.deliveries if delivery.payload.get("event", {}).get("ts") == question.ts
    ]
    for forgets in (False, True):
        scene.app.stop()
        for file in scene.data_dir.glob("slack*") if forgets else ():
            file.unlink()
        scene.app.start()
        for delivery in sent:
            scene.slack.publish({**delivery.payload["event"]}, event_id=delivery.payload["event_id"], earlier=1)
        scene.settle()
        assert len(scene.answers(question)) == 1, f"forgets: {forgets}"


def test_another_app_cannot_answer_in_the_bots_name(scene: Scene, room: str) -> None:
    question = scene.alice.says(OTHER_QUESTION, in_=room)
    forged = Message(question.channel, scene.workspace.new_ts(), scene.carol.id, "I have answered.", question.ts)
    payload = {"question": f"{question.channel}:{question.ts}", "asked": "Who is it?", "answer": "Mallory"}
    forged.metadata = {"event_type": "qa_bot_answer", "event_payload": payload}
    scene.workspace.post(forged)
    scene.stays_silent(scene.bob.says(QUESTION, in_=room, thread=question))
    scene.alice.edits(question, f"{MENTION} {OTHER_QUESTION}")
    assert ANSWERS[OTHER_QUESTION] in scene.bold(scene.answer(question))


def test_what_the_articles_do_not_say_is_said_with_the_reason_and_nothing_in_bold(scene: Scene, room: str) -> None:
    answer = scene.answer(scene.alice.asks(UNANSWERED, in_=room))
    assert answer.text == "The articles don't say."
    assert "No article has “executive” or “Toyota”." in str(answer.blocks)
    assert len(scene.quotes(answer)) == 2
    assert not any(bold in quote for bold in scene.bold(answer) for quote in scene.quotes(answer))
    assert any("close" in label.lower() for label in scene.labels(answer))


def test_a_mention_inside_a_thread_is_answered_there(scene: Scene, room: str) -> None:
    root = scene.alice.says("We talked about Berlin yesterday.", in_=room)
    question = scene.bob.asks(OTHER_QUESTION, in_=room, thread=root)
    answer = scene.answer(question)
    assert answer.thread_ts == root.ts
    assert ANSWERS[OTHER_QUESTION] in scene.bold(answer)


def test_several_questions_in_a_message_are_each_answered(scene: Scene, room: str) -> None:
    question = scene.alice.asks(f"{QUESTION} And: {OTHER_QUESTION}", in_=room)
    scene.answer(question)
    scene.settle()
    shown = "\n".join(scene.text(answer) for answer in scene.answers(question))
    assert ANSWERS[QUESTION] in shown
    assert ANSWERS[OTHER_QUESTION] in shown


@pytest.mark.parametrize("words", ["hello!", "thanks :smile:", "Thank you", "help", ""])
def test_small_talk_gets_what_a_person_would_expect_not_a_search(scene: Scene, room: str, words: str) -> None:
    answer = scene.answer(scene.alice.asks(words, in_=room))
    assert scene.quotes(answer) == []
    assert "don't say" not in answer.text
    assert len(answer.text) > 3


def test_formatting_in_a_question_does_not_matter(scene: Scene, room: str) -> None:
    answer = scene.answer(scene.alice.says(f"Hey {MENTION}, *when* was _Voyager 2_ launched?", in_=room))
    assert ANSWERS[QUESTION] in scene.bold(answer)


def test_a_question_that_is_far_too_long_is_refused_in_words(scene: Scene, room: str) -> None:
    answer = scene.answer(scene.alice.asks("Why " * 2000 + "?", in_=room))
    assert "long" in answer.text
    assert scene.quotes(answer) == []


def test_other_bots_and_the_bot_itself_are_not_answered(scene: Scene) -> None:
    robot = Message(scene.channel_id("general"), scene.workspace.new_ts(), scene.bob.id, f"{MENTION} {QUESTION}")
    robot.bot_id = "B0SOMEBOT"
    scene.workspace.post(robot)
    event = message_event(scene.workspace, robot, scene.slack.base_url)
    scene.slack.publish(event)
    scene.slack.publish({**event, "type": "app_mention"})
    scene.stays_silent(robot)


def test_talk_in_a_channel_that_mentions_nobody_is_left_alone(scene: Scene, room: str) -> None:
    scene.stays_silent(scene.alice.says(QUESTION, in_=room), scene.alice.says(f"Ask <@{scene.bob.id}>!", in_=room))


@pytest.mark.parametrize("subtype", ["channel_join", "channel_topic", "channel_purpose", "channel_name", "pinned_item"])
def test_what_slack_itself_writes_is_no_question_though_it_names_the_bot(scene: Scene, room: str, subtype: str) -> None:
    scene.stays_silent(scene.alice.does(subtype, f"set the topic: ask {MENTION}! {QUESTION}", in_=room))
