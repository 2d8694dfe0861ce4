"""Every fixed text that people in Slack read; plain text without mrkdwn, good for any place.  Here in English."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from qa_bot.answering.missing import REASONS, Gap, Missing, reason
from qa_bot.answering.question_kind import QuestionKind
from qa_bot.answering.relative_days import NamedDay
from qa_bot.answering.results import Answer, AnswerVerdict, ArticleReference, percent_of, sureness_of
from qa_bot.answering.standpoints import standpoints


@dataclass(frozen=True)
class Texts:
    """The texts of one language, by default English; `str.format` fills in the braces."""

    # answers
    not_answered: str = "The articles don't say."
    understood: str = "understood as: {question}"
    possibly: str = "Possibly ({percent}%):"
    possibly_differing: str = "Possibly, but the articles differ:"
    surely: str = "{words} ({percent}%):"
    articles_say: str = "The articles say ({words}, {percent}%):"
    newest_articles: str = "The newest articles on this:"
    reasons: Mapping[Gap, str] = field(default_factory=lambda: REASONS)
    quotes: str = "“{}”"
    joins: tuple[str, str] = ("and", "or")
    sureness: tuple[str, str, str, str] = ("very sure", "fairly sure", "not very sure", "little more than a guess")
    percent: str = "{words} ({percent}%)"
    months: str = "January February March April May June July August September October November December"
    date: str = "{day} {month} {year}"
    thousands: str = ","
    fallback: str = "{answer}. From “{title}”: {sentence}"
    asked_by: str = "asked:"
    also: str = "also in:"
    agreeing: str = "says so too:"
    differ: str = "The articles differ: {sides}."
    side: str = "{text} in {count}"
    newest: str = "newest {day}"
    days: str = "Here, {days}."
    named_day: str = "{name} is {day}"
    undated: str = "undated"
    found_in_text: str = "{day} (found in the text)"
    retracted: str = "This answer is withdrawn: “{title}”, which it quoted, has been retracted."
    retracted_because: str = "The reason: {reason}"
    ask_again: str = "Please ask the question again."
    # buttons
    more: str = "More answers"
    closest: str = "Closest answers"
    context: str = "In context"
    article: str = "Whole article"
    why: str = "Why?"
    share: str = "Share in the channel"
    share_all: str = "Show everyone"
    ask_person: str = "Ask a person"
    resolved: str = "Resolved"
    good: str = "Right"
    bad: str = "Wrong"
    good_label: str = "The answer is right"
    bad_label: str = "The answer is wrong or missing; opens a form"
    # modals
    close: str = "Close"
    more_title: str = "More answers"
    context_title: str = "In context"
    why_title: str = "Why this answer"
    why_limits: str = "I answer from {sure}% on, and say “possibly” from {possible}% on."
    why_running: str = "What was in the running:"
    why_read: str = "The passages that I read, best first:"
    why_listed: str = "These are the articles that have the words of the question; I read no passage for it."
    article_title: str = "Article"
    searching: str = "Searching …"
    no_others: str = "There are no other answers."
    gone: str = "The article was changed or removed after this answer was found. Please ask the question again."
    cut_here: str = "The article continues, but Slack cannot show more."
    # feedback
    feedback_title: str = "What is wrong?"
    feedback_send: str = "Send"
    feedback_reason: str = "What is wrong with the answer?"
    feedback_reasons: tuple[str, str, str, str] = (
        "It is wrong",
        "It is right, but not what was asked for",
        "The articles do say it",
        "The articles don't say it",
    )
    feedback_answer: str = "The right answer"
    feedback_answer_hint: str = "In the article's own words if you can."
    feedback_needed: str = "Choose a reason or give the right answer."
    thanks_for_feedback: str = "Thank you. This helps to improve the answers."
    # waiting and failing
    status: str = "is searching {passages} passages …"
    waiting: str = "has {count} questions to answer before yours …"
    too_busy: str = "Too many questions are waiting right now. Please ask again in a minute."
    empty: str = "There are no articles yet. I can answer once somebody has indexed some."
    unavailable: str = "I can't read the articles right now; the log says why. Please ask again in a few minutes."
    failed: str = "Something went wrong while I was answering; the log says what. Please ask again."
    too_slow: str = "I could not read the passages in time. Please ask a more precise question."
    too_long: str = "That is longer than {count} characters. Please ask a shorter question."
    no_words: str = "I see no question in that. Please ask in words."
    # small talk
    hello: str = "Hello! Ask me a question, and I quote the answer from my articles."
    welcome: str = "You're welcome!"
    goodbye: str = "Goodbye!"
    help: str = (
        "Mention me with a question in a channel that I am in, or send me a direct message. I quote the sentence of an article "
        "that answers it, word for word, or tell you that the articles don't answer it. Ask follow-up questions in the thread, "
        "or use /ask for an answer that only you see."
    )
    usage: str = (
        "How to use it: /ask followed by a question, for example: /ask Who won the election? Only you see the answer. "
        "With /ask notify and a question, I tell you when a new article answers it."
    )
    # asking a person
    person_asks: str = "would like to know:"
    person_closest: str = "The articles don't say. This came closest:"
    person_how: str = (
        "Answer in this thread. “Resolved” closes the question and keeps the last answer for those who look after me."
    )
    person_asked: str = "They have been asked already; see this thread."
    person_resolved: str = "Resolved, says"
    # team answers
    team_answer_by: str = "Team answer by"
    from_articles: str = "From the articles:"
    team_answers: str = "Team answers"
    team_answers_none: str = "None yet. Use “Save team answer” on a message."
    team_answers_newer: str = "Newer"
    team_answers_older: str = "Older"
    team_answer_title: str = "Team answer"
    team_answer_question: str = "The question"
    team_answer_text: str = "Your team's answer"
    team_answer_hint: str = "Everybody whose question means the same sees it, above what the articles say."
    team_answer_link: str = "Link"
    team_answer_save: str = "Save"
    team_answer_saved: str = "It is saved. Questions that mean the same get it from now on."
    team_answer_edit: str = "Change"
    team_answer_delete: str = "Delete"
    team_answer_sure: str = "Nobody gets this answer any more."
    team_answer_denied: str = "You can't save team answers here; those in slack.editors can."
    team_answer_keep: str = "Save it as our team's answer"
    welcome_hello: str = (
        "Hello! I answer questions with a sentence from an article, word for word, or say that the articles don't say."
    )
    welcome_reads: str = "I read {articles} articles from {sources}; the newest is of {newest}."
    welcome_part: str = "a part of the"
    welcome_examples: str = "For example:"
    welcome_channel: str = (
        "Mention me with your question, and I answer in its thread; ask on there. With /ask, only you see the answer."
    )
    welcome_direct: str = "Write your question here, and ask on in its thread."
    # the agent view and App Home
    prompts_title: str = "Ask the articles, for example:"
    home_title: str = "Ask the articles"
    home_how: str = (
        "Type a question here, mention me in a channel, send me a message, or use /ask. I answer with a sentence from an "
        "article, word for word."
    )
    home_ask: str = "Your question"
    home_placeholder: str = "Who, what, when, where …?"
    home_yours: str = "Your last questions"
    home_none: str = "None yet."
    home_holds: str = "There are {articles} articles with {passages} passages."
    home_newest: str = "The newest articles"
    answer_title: str = "Answer"
    # new articles
    not_indexed: str = "I could not index this: {reason}"
    unsupported: str = "only links and text, Markdown, HTML and PDF files can be indexed"
    too_large: str = "the file is larger than {size} MB"
    elsewhere: str = "the file is not stored at Slack"
    not_read: str = "something went wrong while I was reading it; the log says what"
    not_given: str = "Slack does not let me read the file; an admin should check that I have the scope files:read"
    is_retracted: str = "the article has been retracted, and stays out; an admin can restore it"
    not_fetched: str = "Slack could not be reached; please post the file again later"
    # administration
    admin_usage: str = "How to use it: /ask-admin status, /ask-admin reindex, /ask-admin add URL, /ask-admin remove ID"
    admin_denied: str = "Only the admins that my settings name can do that."
    admin_status: str = "{articles} articles, {passages} passages, {sources} sources. {waiting} questions are waiting."
    admin_started: str = "Started. I'll tell you how it went."
    admin_address: str = "an address begins with https:// or http://"
    admin_done: str = (
        "Done: {new} new, {changed} changed, {removed} removed, {unchanged} unchanged, {failed} could not be read."
    )
    admin_removed: str = "Removed: {title}"
    admin_unknown: str = "That did not work: no article has an id that begins like this, or several have one."
    admin_failed: str = "That did not work: {reason}"
    # refusing
    not_here: str = "I don't answer in this channel."
    not_you: str = "I only answer people of the organisation that runs me."
    invite_me: str = "I am not in this channel, so I can't write here. Invite me first: /invite and my name."
    already: str = "I have already answered this; see its thread."
    # what was not answered
    unanswered_title: str = "What was not answered"
    unanswered_off: str = (
        "Questions without an answer are not recorded. To see them here, set log_questions = true under [slack] in "
        "qa_bot.toml, and restart me."
    )
    unanswered_none: str = "Nothing in the last {days} days."
    unanswered_in_days: str = (
        "In the last {days} days, {count} questions had no answer, or one that was judged wrong. Write or index what is "
        "missing."
    )
    unanswered_refused: str = "{count} without an answer"
    unanswered_wrong: str = "{count} judged wrong"
    unanswered_last: str = "last on {day}"
    unanswered_also: str = "also:"
    unanswered_more: str = "And {count} more; to see all, run: qa-bot feedback report"
    unanswered_week: str = (
        "From {since} to {until}, {count} questions had no answer, or one that was judged wrong. Write or index what is "
        "missing."
    )
    unanswered_private: str = "a private channel"
    unanswered_outside: str = "outside channels"
    # alerts
    notify: str = "Tell me when an article answers this"
    alert_noted: str = (
        "Noted. I'll send you a direct message when a new article answers that. /ask notify lists what you wait for."
    )
    alert_known: str = "I am looking out for that already. /ask notify lists what you wait for."
    alerts_full: str = (
        "You wait for {count} answers already, and I keep no more. /ask notify lists them; stop one first."
    )
    alerts_none: str = (
        "You wait for no answer. With /ask notify and a question, you get a direct message when a new article answers "
        "it."
    )
    alerts_title: str = "I'll send you a direct message when a new article answers one of these:"
    alert_stop: str = "Stop"
    alert_stop_all: str = "Stop all alerts"
    alerts_stopped: str = "Stopped. You wait for no answer any more."
    alert_found: str = "A new article answers what you wanted to know:"


ENGLISH = Texts()


def sureness(confidence: float, texts: Texts) -> str:
    """A confidence in words and percent."""
    return texts.percent.format(words=texts.sureness[sureness_of(confidence)], percent=percent_of(confidence))


def heading(answer: Answer, texts: Texts) -> str:
    """How sure an answer is, to stand before it; empty if there is none."""
    if answer.answer is None:
        return ""
    if answer.kind is QuestionKind.ARTICLES:
        return texts.newest_articles
    confidence = answer.answer.confidence
    words, percent = texts.sureness[sureness_of(confidence)], percent_of(confidence)
    if answer.verdict is AnswerVerdict.POSSIBLE:
        return texts.possibly_differing if answer.one_of_sides else texts.possibly.format(percent=percent)
    if answer.kind is QuestionKind.YES_NO:
        return texts.articles_say.format(words=words, percent=percent)
    return texts.surely.format(words=words[0].upper() + words[1:], percent=percent)


def why_not(missing: Missing | None, texts: Texts) -> str:
    """Why the articles don't say; empty if that is not known."""
    return reason(missing, texts.reasons, texts.quotes, texts.joins) if missing else ""


def differ(answer: Answer, texts: Texts) -> str:
    """That articles contradict each other, and what each side says; empty if they don't."""
    sides = []
    for text, articles, newest in standpoints(answer):
        side = texts.side.format(text=texts.quotes.format(text), count=number(articles, texts))
        shown = day(newest, texts)
        shown = texts.newest.format(day=shown) if shown and articles > 1 else shown
        sides.append(f"{side} ({shown})" if shown else side)
    return texts.differ.format(sides=", ".join(sides)) if sides else ""


def named_days(days: Iterable[NamedDay], texts: Texts) -> str:
    """Which days a sentence means by "yesterday" or "Thursday", each said once; empty if it names none."""
    said = dict.fromkeys(
        texts.named_day.format(name=texts.quotes.format(named.text), day=day(named.day, texts)) for named in days
    )
    return texts.days.format(days=f" {texts.joins[0]} ".join(said)) if said else ""


def published(article: ArticleReference, texts: Texts) -> str:
    """The day of an article, and where that was found; or that it has none."""
    if article.published_at is None and article.date_in_text is not None:
        return texts.found_in_text.format(day=day(article.date_in_text, texts))
    return day(article.published_at, texts) or texts.undated


def day(moment: date | datetime | None, texts: Texts) -> str:
    """A day in words; empty for None."""
    if moment is None:
        return ""
    return texts.date.format(day=moment.day, month=texts.months.split()[moment.month - 1], year=moment.year)


def number(count: int, texts: Texts) -> str:
    """A count with the thousands separators of a language."""
    return f"{count:,}".replace(",", texts.thousands)
