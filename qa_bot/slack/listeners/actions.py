"""Clicks on buttons, what is typed in App Home, and the form that asks what is wrong with an answer."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext

from embeddings.errors import QABotError
from qa_bot.feedback import Verdict
from qa_bot.slack.incoming.messages import CHARS_READ
from qa_bot.slack.incoming.requests import mapping, name_of, read_id, read_request, read_timestamp, value_of
from qa_bot.slack.quoting import clean
from qa_bot.slack.services import Services, origin_of, workspace_of
from qa_bot.slack.views.blocks import ARTICLE, ASK_PERSON, CONTEXT, FEEDBACK, MORE, SHARE, WHY
from qa_bot.slack.views.button_values import Asked, Judged, Place, Referred
from qa_bot.slack.views.home import ASK, ASK_AGAIN
from qa_bot.slack.views.modals import (
    CORRECTION,
    CORRECTION_CHARS,
    FEEDBACK_VIEW,
    KEEP,
    REASON,
    article_modal,
    context_modal,
    feedback_modal,
    notice_modal,
)
from qa_bot.slack.views.referrals import RESOLVED
from qa_bot.slack.workers.judgements import FeedbackForm, record_judgement
from qa_bot.slack.workers.modal_presenter import Modal, ModalPresenter
from qa_bot.slack.workers.private_answers import PrivatePayload
from qa_bot.slack.workers.referrals import ReferralPayload


def register(app: AsyncApp) -> None:
    """Registers the listeners."""
    app.action(MORE)(more_answers)
    app.action(WHY)(show_why)
    app.action(CONTEXT)(show_context)
    app.action(ARTICLE)(show_article)
    app.action(SHARE)(share_answer)
    app.action(ASK_PERSON)(ask_person)
    app.action(RESOLVED)(resolve_referral)
    app.action(FEEDBACK)(take_feedback)
    app.action(ASK)(ask_at_home)
    app.action(re.compile(rf"{ASK_AGAIN}_\d+"))(ask_again)
    app.view(FEEDBACK_VIEW)(take_correction)


async def more_answers(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext, services: Services) -> None:
    """Shows the further answers in a modal."""
    await ack()
    presenter, asked = _presenter(body, context, services), Asked.load(value_of(body))
    if presenter and asked:
        services.short_tasks.start(presenter.more(asked.question), "showing more answers")


async def show_why(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext, services: Services) -> None:
    """Shows in a modal how the answer came about."""
    await ack()
    presenter, asked = _presenter(body, context, services), Asked.load(value_of(body))
    if presenter and asked:
        services.short_tasks.start(presenter.why(asked.question), "explaining an answer")


async def show_context(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext, services: Services) -> None:
    """Shows the sentences around an answer in a modal."""
    await ack()
    _show(body, context, services, context_modal)


async def show_article(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext, services: Services) -> None:
    """Shows the text of an article in a modal."""
    await ack()
    _show(body, context, services, article_modal)


async def share_answer(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext, services: Services) -> None:
    """Takes the question of a private answer to answer it in the channel, once for each message with the button."""
    await ack()
    presenter, asked = _presenter(body, context, services), Asked.load(value_of(body))
    shown_at = read_timestamp(mapping(body.get("container")).get("message_ts"))
    if presenter is None or presenter.request.channel is None or asked is None or shown_at is None:
        return
    request = presenter.request
    key = f"share:{request.channel}:{request.person}:{shown_at}"
    own = request._asdict() | {"thread": asked.thread}
    payload = PrivatePayload(**origin_of(context), **own, question=asked.question, key=key)
    services.jobs.put(key, "share", payload.model_dump())


async def ask_person(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext, services: Services) -> None:
    """Takes a question that the articles don't answer, to pass it on to people."""
    await ack()
    presenter, asked = _presenter(body, context, services), Asked.load(value_of(body))
    if presenter is None or asked is None:
        return
    payload = _referral(asked.question, presenter.request.person, presenter, body, context)
    if payload is None or not services.settings.channel(payload.channel).ask:
        return
    if not services.jobs.put(payload.key, "refer", payload.model_dump()):
        texts = services.texts(payload.channel, payload.by)
        services.short_tasks.start(presenter.tell(texts.person_asked), "saying that people have been asked")


async def resolve_referral(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext, services: Services) -> None:
    """Closes a question that people were asked."""
    await ack()
    presenter, referred = _presenter(body, context, services), Referred.load(value_of(body))
    if presenter is None or referred is None:
        return
    payload = _referral(referred.question, referred.person, presenter, body, context)
    if payload is not None:
        services.jobs.put(f"resolved:{payload.channel}:{payload.shown_at}", "resolve", payload.model_dump())


def _referral(
    question: str, person: str, presenter: ModalPresenter, body: dict[str, Any], context: AsyncBoltContext
) -> ReferralPayload | None:
    """The job about a question to people; None if the click does not say where it was."""
    request, shown_at = presenter.request, read_timestamp(mapping(body.get("container")).get("message_ts"))
    if request.channel is None or shown_at is None or read_id(person) is None:
        return None
    return ReferralPayload(
        **origin_of(context),
        channel=request.channel,
        thread=request.thread or shown_at,
        question=question,
        person=person,
        by=request.person,
        shown_at=shown_at,
    )


async def take_feedback(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext, services: Services) -> None:
    """Records whether a person finds an answer right; if not, asks what is wrong."""
    await ack()
    presenter, judged = _presenter(body, context, services), Judged.load(value_of(body))
    if presenter and judged:
        services.short_tasks.start(_judge(services, presenter, judged, time.time()), "taking feedback")


async def ask_at_home(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext, services: Services) -> None:
    """Answers a question that is typed in App Home."""
    await ack()
    value = value_of(body)
    if isinstance(value, str) and value.strip():
        _answer(clean(value[:CHARS_READ]).strip(), body, context, services)


async def ask_again(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext, services: Services) -> None:
    """Answers an earlier question of App Home again."""
    await ack()
    asked = Asked.load(value_of(body))
    if asked:
        _answer(asked.question, body, context, services)


async def take_correction(
    ack: AsyncAck, body: dict[str, Any], view: dict[str, Any], context: AsyncBoltContext, services: Services
) -> None:
    """Records the reason and the right answer that a person gives."""
    request, form = read_request(body), FeedbackForm.load(view.get("private_metadata"))
    if request is None or form is None or services.refuses(context, form.channel, request.person_team):
        await ack()
        return
    texts = services.texts(form.channel, request.person)
    verdict, correction = _filled_in(view)
    if verdict is None and not correction:
        await ack(response_action="errors", errors={REASON: texts.feedback_needed})
        return
    if correction and _keeps(view) and services.settings.may_edit_answers(request.person):
        try:
            await asyncio.to_thread(
                services.bot.team_answers.save,
                *(form.judged.question, correction),
                by=name_of(body),
                by_id=request.person,
                workspace=workspace_of(context) or "",
            )
        except QABotError as error:
            await ack(response_action="errors", errors={CORRECTION: str(error)[:150]})
            return
    await ack(response_action="update", view=notice_modal(texts.feedback_title, texts.thanks_for_feedback, texts))
    recording = record_judgement(
        services,
        form.judged,
        verdict or Verdict.WRONG,
        person=request.person,
        channel=form.channel,
        team=workspace_of(context),
        given=time.time(),
        correction=correction,
    )
    services.short_tasks.start(recording, "recording feedback")


def _presenter(body: dict[str, Any], context: AsyncBoltContext, services: Services) -> ModalPresenter | None:
    """Shows modals to the person who clicked, if the click is complete and they are answered there."""
    request = read_request(body)
    if request is None or services.refuses(context, request.channel, request.person_team):
        return None
    return ModalPresenter(services, context.client, request, workspace_of(context))


def _show(body: dict[str, Any], context: AsyncBoltContext, services: Services, modal: Modal) -> None:
    presenter, place = _presenter(body, context, services), Place.load(value_of(body))
    if presenter and place:
        services.short_tasks.start(presenter.article(place, modal), "showing an article")


async def _judge(services: Services, presenter: ModalPresenter, judged: Judged, given: float) -> None:
    request = presenter.request
    await presenter.learn_language()
    texts = services.texts(request.channel, request.person)
    if not judged.good:
        form = FeedbackForm(judged=judged, channel=request.channel)
        can_save = services.settings.may_edit_answers(request.person)
        await presenter.open(feedback_modal(form.model_dump_json(), texts, can_save=can_save))
    right = Verdict.RIGHT if judged.place is not None else Verdict.UNANSWERABLE
    verdict = right if judged.good else Verdict.WRONG
    await record_judgement(
        services, judged, verdict, person=request.person, channel=request.channel, team=presenter.team, given=given
    )
    if judged.good:
        await presenter.tell(texts.thanks_for_feedback)


def _answer(question: str, body: dict[str, Any], context: AsyncBoltContext, services: Services) -> None:
    request = read_request(body)
    if request is None or services.refuses(context, None, request.person_team):
        return
    presenter = ModalPresenter(services, context.client, request._replace(channel=None), workspace_of(context))
    services.short_tasks.start(presenter.answer(question), "answering in App Home")


def _keeps(view: Mapping[str, Any]) -> bool:
    """Whether the right answer is to be kept as one of the team."""
    values = mapping(mapping(view.get("state")).get("values"))
    chosen = mapping(mapping(values.get(KEEP)).get(KEEP)).get("selected_options")
    return isinstance(chosen, list) and any(mapping(option).get("value") == KEEP for option in chosen)


def _filled_in(view: Mapping[str, Any]) -> tuple[Verdict | None, str]:
    """The verdict that was chosen, and the correction that was typed."""
    values = mapping(mapping(view.get("state")).get("values"))
    reason, correction = (mapping(mapping(values.get(name)).get(name)) for name in (REASON, CORRECTION))
    chosen, text = mapping(reason.get("selected_option")).get("value"), correction.get("value")
    verdict = Verdict(chosen) if chosen in set(Verdict) else None
    return verdict, clean(text[:CORRECTION_CHARS]).strip() if isinstance(text, str) else ""
