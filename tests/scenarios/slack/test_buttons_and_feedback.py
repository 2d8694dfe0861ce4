"""The buttons of an answer, and what becomes of feedback."""

from __future__ import annotations

import json
import time
from contextlib import closing
from typing import Any

import pytest
from commands import Command
from seed_answers import ANSWERS, OTHER_QUESTION, QUESTION, UNANSWERED
from slack_emulator.delivery import Delivery
from slack_emulator.scene import Scene
from slack_emulator.shown import Button, buttons_in
from slack_emulator.website import Website
from slack_emulator.workspace import Message

from qa_bot.feedback import FeedbackLog, squad


@pytest.fixture(scope="module")
def answer(scene: Scene) -> Message:
    """An answer in a channel."""
    return scene.answer(scene.alice.asks(QUESTION, in_="general"))


def recorded(scene: Scene) -> dict[str, Any]:
    """The feedback that the app has recorded, as `qa-bot feedback export` gives it."""
    with closing(FeedbackLog(scene.data_dir)) as log:
        return squad(log.judgements())


def exported(scene: Scene) -> list[dict[str, Any]]:
    """The questions among the feedback."""
    data = recorded(scene)
    assert data["version"].startswith("v2")
    questions = []
    for article in data["data"]:
        for paragraph in article["paragraphs"]:
            for question in paragraph["qas"]:
                for given in question["answers"]:
                    start = given["answer_start"]
                    assert paragraph["context"][start : start + len(given["text"])] == given["text"]
                questions.append(question)
    return questions


def test_more_answers_are_shown_to_who_clicks(scene: Scene, answer: Message) -> None:
    before = len(scene.answers(answer))
    reply = scene.click(scene.bob, "more", on=answer)
    shown = scene.wait_for("more answers", lambda: scene.bob.modal or (reply.messages and reply.messages[-1]))
    scene.wait_for("quotations", lambda: scene.quotes(scene.bob.modal or shown))
    assert len(scene.answers(answer)) == before, "nobody else sees them"


def test_how_an_answer_came_about_is_shown_to_who_clicks(scene: Scene, answer: Message) -> None:
    scene.click(scene.carol, "why", on=answer)
    text = scene.text(scene.modal_of(scene.carol, "in the running"))
    assert ANSWERS[QUESTION] in text, "the first of what was in the running"
    assert "I answer from 64% on" in text
    assert "The Voyager Probes, Still Calling Home  In 1965 Gary Flandro" in text, (
        "a passage that was read, with its title"
    )


def test_why_the_articles_do_not_say_is_shown_too(scene: Scene, room: str) -> None:
    nothing = scene.answer(scene.alice.asks(UNANSWERED, in_=room))
    scene.click(scene.alice, "why", on=nothing)
    assert "The passages that I read" in scene.text(scene.modal_of(scene.alice, "in the running"))


def test_the_sentence_is_shown_in_its_context(scene: Scene, answer: Message) -> None:
    (sentence,) = scene.quotes(answer)
    scene.click(scene.bob, "context", on=answer)
    text = scene.text(scene.modal_of(scene.bob, ANSWERS[QUESTION]))
    assert sentence.strip() in text.replace("\n", " ")
    assert len(text) > len(sentence) + 100


def test_the_article_is_shown_whole(scene: Scene, answer: Message) -> None:
    scene.click(scene.carol, "article", on=answer)
    text = scene.text(scene.modal_of(scene.carol, "Gary Flandro"))
    assert ANSWERS[QUESTION] in text
    assert len(text) > 2000


def test_the_best_answers_are_behind_a_button_when_the_articles_do_not_say(scene: Scene, room: str) -> None:
    nothing = scene.answer(scene.alice.asks(UNANSWERED, in_=room))
    reply = scene.click(scene.alice, "close", on=nothing)
    shown = scene.wait_for("passages", lambda: scene.alice.modal or (reply.messages and reply.messages[-1]))
    quotes = scene.wait_for("a quotation", lambda: scene.quotes(scene.alice.modal or shown))
    assert len(scene.quotes(nothing)) == 2, "the rest, and the best answers, not before somebody asks for them"
    assert all(quote.strip() for quote in quotes)


def test_a_thumbs_up_is_kept_as_a_right_answer(scene: Scene, answer: Message) -> None:
    scene.click(scene.bob, "right", on=answer)
    records = scene.wait_for(
        "the judgement", lambda: [record for record in exported(scene) if record["question"] == QUESTION]
    )
    assert records[0]["answers"][0]["text"] == ANSWERS[QUESTION]


def test_a_thumbs_down_asks_for_the_right_answer_and_keeps_it(scene: Scene, room: str) -> None:
    given = scene.answer(scene.alice.asks(OTHER_QUESTION, in_=room))
    scene.click(scene.alice, "wrong", on=given)
    modal = scene.modal_of(scene.alice, "right answer")
    blocks = [block for block in modal.content["blocks"] if block["type"] == "input"]
    typed_in = next(block for block in blocks if block["element"]["type"] == "plain_text_input")
    sent = scene.alice.submits(modal, **{typed_in["element"]["action_id"]: "Krenz"})
    scene.wait_for("an acknowledgement", lambda: sent.delivery and sent.delivery.finished)
    assert sent.errors == {}
    records = scene.wait_for(
        "it", lambda: [record for record in exported(scene) if record["question"] == OTHER_QUESTION]
    )
    assert [answer["text"] for answer in records[0]["answers"]] == ["Krenz"]


def test_a_correction_stays_when_slack_answers_late_to_the_click_before_it(scene: Scene, room: str) -> None:
    given = scene.answer(scene.bob.asks(OTHER_QUESTION, in_=room))
    scene.slack.faults.late["views.open"] = 1
    try:
        click = scene.click(scene.bob, "wrong", on=given)
        modal = scene.modal_of(scene.bob, "right answer")
        (typed_in,) = [block["element"] for block in modal.content["blocks"] if block["block_id"] == "correction"]
        sent = scene.bob.submits(modal, **{typed_in["action_id"]: "Honecker"})
        scene.wait_for("an acknowledgement", lambda: sent.delivery and sent.delivery.finished)
        scene.wait_for("the click", lambda: click.delivery and click.delivery.finished)
        time.sleep(1.3)  # until Slack's answer to the click has come, and what the click said was written
    finally:
        scene.slack.faults.late.clear()
    scene.settle()
    (record,) = [entry for entry in exported(scene) if entry["question"] == OTHER_QUESTION]
    assert [answer["text"] for answer in record["answers"]] == ["Honecker"]


def test_a_form_that_says_nothing_is_sent_back(scene: Scene, answer: Message) -> None:
    scene.click(scene.carol, "wrong", on=answer)
    sent = scene.carol.submits(scene.modal_of(scene.carol, "right answer"))
    assert scene.wait_for("what is missing", lambda: sent.errors).keys() == {"reason"}


@pytest.mark.parametrize("value", ["", "{", "null", '{"a": "nosuch", "s": 0, "e": 9}', '{"q": 1}', "x" * 2000])
def test_a_button_whose_value_is_not_what_it_was_does_no_harm(scene: Scene, answer: Message, value: str) -> None:
    posted, records = len(scene.answers(answer)), exported(scene)
    replies = []
    for original in buttons_in(answer.blocks):
        forged = Button({**original.element, "value": value}, original.block_id)
        replies.append(scene.bob.clicks(forged, on=answer))
    for reply in replies:
        scene.wait_for("an acknowledgement", lambda reply=reply: reply.delivery and reply.delivery.acked_at)
    scene.settle()
    assert len(scene.answers(answer)) == posted
    assert exported(scene) == records


def test_a_click_that_can_open_nothing_asks_slack_to_open_nothing(scene: Scene, answer: Message) -> None:
    for words in ("more", "context", "article", "wrong"):
        scene.click(scene.carol, words, on=answer)
    scene.settle()
    clicks = [delivery for delivery in scene.slack.deliveries if delivery.payload.get("type") == "block_actions"][-4:]
    opened = [call.method for call in scene.workspace.calls].count("views.open")
    for click in clicks:
        bare = {name: value for name, value in click.payload.items() if name not in ("trigger_id", "response_url")}
        scene.slack.send(Delivery("interactive", bare))
    scene.settle()
    assert [call.method for call in scene.workspace.calls].count("views.open") == opened


def test_what_one_person_shall_see_goes_to_slack_only(scene: Scene, answer: Message) -> None:
    scene.click(scene.carol, "right", on=answer)
    scene.settle()
    click = [delivery for delivery in scene.slack.deliveries if delivery.payload.get("type") == "block_actions"][-1]
    with Website({}) as elsewhere:
        scene.slack.send(Delivery("interactive", click.payload | {"response_url": f"{elsewhere.address}/steal"}))
        scene.settle()
        assert elsewhere.authorizations == [], "nobody came"


def test_clicking_a_button_of_a_message_that_is_long_gone_ends_in_words(scene: Scene, room: str) -> None:
    question = scene.alice.asks(QUESTION, in_=room)
    stale = scene.answer(question)
    scene.bob.says("I see.", in_=room, thread=question)
    buttons = list(buttons_in(stale.blocks))
    del scene.workspace.channels[stale.channel].messages[stale.ts]
    assert buttons
    for stale_button in buttons:
        before, told = scene.alice.modal, len(scene.workspace.seen_by(scene.alice.id, question.ts))
        scene.alice.clicks(stale_button, on=stale)
        words = scene.wait_for(
            f"words for {stale_button.label!r}",
            lambda before=before, told=told: (
                scene.workspace.seen_by(scene.alice.id, question.ts)[told:] or scene.alice.modal is not before
            ),
        )
        assert scene.text(words[-1] if isinstance(words, list) else scene.modal_of(scene.alice)).strip()


def test_the_command_exports_what_is_recorded(scene: Scene) -> None:
    scene.settle()
    done = Command(scene.app.folder, scene.app.folder, scene.data_dir)("feedback", "export")
    assert done.code == 0, done
    assert json.loads(done.output) == recorded(scene)
    assert exported(scene)
