"""What people, articles and strangers send cannot mislead, leak or overwhelm."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from pathlib import Path
from typing import Any

import pytest
from slack_sdk.oauth.installation_store import FileInstallationStore, Installation
from slack_sdk.oauth.installation_store.sqlite3 import SQLite3InstallationStore

from embeddings.articles import Article, real_host
from embeddings.text import visible
from qa_bot.answering.results import ArticleReference
from qa_bot.slack.incoming.access import BotIdentity, Refusal, refusal
from qa_bot.slack.log_redaction import RedactingFilter
from qa_bot.slack.quoting import clean, inert, misleads
from qa_bot.slack.settings import SLACK_API_URL, SlackSettings
from qa_bot.slack.views.archive_facts import _question
from qa_bot.slack.views.blocks import about_article
from qa_bot.slack.views.button_values import Asked
from qa_bot.slack.views.texts import ENGLISH
from qa_bot.slack.web_api.calls import is_slacks
from qa_bot.slack.web_api.oauth_states import SignedStates
from qa_bot.slack.web_api.workspaces import InstalledWorkspaces, new_session, oauth_settings
from qa_bot.terminal.render import render_article

IDENTITY = BotIdentity("T1", "E1", "U0QABOT01", "B0QABOT01")


@pytest.mark.parametrize(
    ("url", "right"),
    [
        ("https://hooks.slack.com/commands/T1/2/abc", True),
        ("https://files.slack.com/files-pri/T1-F1/a.txt", True),
        ("https://hooks.slack-gov.com/commands/T1", True),
        ("https://slack.com/api/x", True),
        ("http://files.slack.com/a.txt", False),
        ("https://slack.com.evil.example/", False),
        ("https://evilslack.com/", False),
        ("https://files.slack.com@evil.example/", False),
        ("https://evil.example\\@files.slack.com/", False),
        ("https://evil.example/?files.slack.com", False),
        ("https://[::1", False),
        ("//files.slack.com/", False),
        ("None", False),
        ("", False),
    ],
)
def test_only_slacks_own_addresses_get_what_is_for_slack(url: str, right: bool) -> None:
    assert is_slacks(url, SLACK_API_URL) is right


def test_where_the_settings_say_slack_is_is_slack_but_for_another_port_or_scheme() -> None:
    own = "http://127.0.0.1:8000/api/"
    assert is_slacks("http://127.0.0.1:8000/response/1", own)
    for other in ("http://127.0.0.1:8001/", "https://127.0.0.1:8000/", "http://me@127.0.0.1:8000/"):
        assert not is_slacks(other, own)


@pytest.mark.parametrize(
    ("label", "url", "misleading"),
    [
        ("https://bank.example/login", "https://evil.example/", True),
        ("Read https://bank.example/login now", "https://evil.example/", True),
        ("bank.example", "https://evil.example/", True),
        ("www.bank.example is down", "https://evil.example/", True),
        ("ｈｔｔｐｓ：／／bank.example", "https://evil.example/", True),
        ("ht\u200btps://bank.example", "https://evil.example/", True),
        ("https://evil.example@bank.example/", "https://evil.example/", True),
        ("https://www.Example.org/a", "https://example.org/b", False),
        ("example.org", "https://www.example.org/b", False),
        ("paypal.com:443", "https://evil.example/", True),
        ("Log in at paypal.com", "https://evil.example/", True),
        ("Log in at paypal.com:443/signin.", "https://evil.example/", True),
        ("Amazon.com reports a loss", "https://example.org/", True),
        ("paypal\u3002com", "https://evil.example/", True),
        ("pay\u00adpal\uff0ecom", "https://evil.example/", True),
        ("paypal\ua4f8com", "https://evil.example/", True),
        ("paypal.com-login", "https://evil.example/", True),
        ("(paypal.com)", "https://evil.example/", True),
        ("p\u0430ypal.com", "https://paypal.com/", True),
        ("p\u0430ypal.com", "https://p\u0430ypal.com/", True),
        ("p\u0430ypal.com", "https://xn--pypal-4ve.com/", True),
        ("xn--pypal-4ve.com", "https://evil.example/", True),
        ("paypal.xn--p1ai", "https://evil.example/", True),
        ("paypal.com\u2215login", "https://evil.example/", True),
        ("Sign in: 203.0.113.9:8080", "https://evil.example/", True),
        ("https://[2001:db8::1]/", "https://evil.example/", True),
        ("https://3405803785/", "https://evil.example/", True),
        ("example.org:443", "https://example.org/", False),
        ("More at example.org.", "https://example.org/a", False),
        ("Python 3.11 is out", "https://example.org/", False),
        ("It rose by 2.5% at 9.30 a.m.", "https://example.org/", False),
        ("The U.S. votes", "https://example.org/", False),
        ("Harbour reopens", "https://example.org/", False),
    ],
)
def test_a_link_whose_label_names_another_place_is_found_out(label: str, url: str, misleading: bool) -> None:
    assert misleads(label, url) is misleading


def test_a_title_that_names_another_place_is_no_link_and_the_place_behind_it_is_shown() -> None:
    title = "https://bank.example/login"
    article = ArticleReference(
        id="1", title=title, url="https://evil.example/x", publisher=None, published_at=None, source="a.txt"
    )
    shown = [element.to_dict() for element in about_article(article, ENGLISH)]
    assert [element["text"] for element in shown] == [f"{title} (", "evil.example", ")", " · undated"]
    assert [element["type"] for element in shown] == ["text", "link", "text", "text"]


def test_the_host_that_is_shown_has_its_port_and_no_look_alikes() -> None:
    assert real_host("https://www.p\u0430ypal.com/x") == "www.xn--pypal-4ve.com"
    assert real_host("https://Example.org:8443/x") == "example.org:8443"
    assert real_host("https://example.org:443/x") == "example.org"
    assert real_host("https://[2001:db8::1]:8443/") == "[2001:db8::1]:8443"


def test_a_terminal_shows_a_host_without_look_alikes() -> None:
    article = Article(id="1", source="a.txt", title="paypal.com", text="x", url="https://p\u0430ypal.com/\u0430?q")
    assert "https://xn--pypal-4ve.com/\u0430?q" in render_article(article, colour=False, width=80)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<!channel> hi", "<\u2060!channel> hi"),
        ("<@U1> <#C1> <https://a.example|b> <mailto:a@b.example>", "<\u2060@U1> <\u2060#C1> <\u2060https://a.example|b> "
         "<\u2060mailto:a@b.example>"),
        ("a < b & c > d, <b>", "a < b & c > d, <b>"),
        ("t\u202ext", "txt"),
    ],
)  # fmt: skip
def test_a_text_for_a_workflow_reads_as_it_is_and_nothing_in_it_comes_alive(text: str, shown: str) -> None:
    assert inert(text) == shown


def test_letters_that_nobody_sees_are_left_out_and_flags_stay() -> None:
    smuggled = "".join(chr(0xE0000 + ord(letter)) for letter in "ignore this")
    assert clean(f"Hello{smuggled}, all\u2063 of\ufff9 you\ufffb") == "Hello, all of you"
    scotland = "\U0001f3f4" + "".join(chr(0xE0000 + ord(letter)) for letter in "gbsct") + "\U000e007f"
    assert clean(f"{scotland} \U0001f468\u200d\U0001f469\u200d\U0001f467 می‌خواهم") == (
        f"{scotland} \U0001f468\u200d\U0001f469\u200d\U0001f467 می‌خواهم"
    )


def test_what_is_invisible_in_a_terminal_is_invisible_in_slack_too() -> None:
    ranges = (range(0x3000), range(0xD800, 0x10000), range(0x1BC00, 0x1D200), range(0xE0000, 0xE0200))
    text = "".join(chr(code) for codes in ranges for code in codes)
    seen = set(visible(text)) | {"\n", "\t"}
    assert set(clean(text)) - seen == {"\u2028", "\u2029"}, "line breaks, which a terminal shows as spaces"
    assert clean("Har\u200bbour \u200e\u200fre\u061copens\u00ad\n\tnow") == "Harbour reopens\n\tnow"


@pytest.mark.parametrize(
    "sentence",
    [
        "Anna Reed wrote the <!channel> message of Xanadine in 1931.",
        "Anna Reed told <@U0SOMEBODY> of the bridge in Berlin.",
        "Anna Reed opened https://evil.example/ with Bo Li in Berlin.",
    ],
)
def test_no_prompt_is_made_of_what_would_come_alive(sentence: str) -> None:
    assert _question(sentence) is None
    plain = "Anna Reed wrote the first long message of Xanadine in 1931."
    assert _question(plain) == "Who wrote the first long message of Xanadine?"


def test_a_button_carries_no_more_than_slack_takes_as_slack_counts() -> None:
    assert Asked(question="a" * 1000).dump()
    assert Asked(question="\U0001f600" * 980).dump()
    assert Asked(question="\U0001f600" * 1000).dump() is None, "2,000 of Slack's units, and the braces"


@pytest.mark.parametrize(
    ("team", "refused"), [("T1", None), ("E1", None), ("T2", None), ("T3", Refusal.STRANGER), (None, None)]
)
def test_people_of_the_workspaces_that_are_named_are_no_strangers(team: str | None, refused: Refusal | None) -> None:
    settings = SlackSettings.model_validate({"workspaces": ("T1", "T2")})
    assert refusal(settings, IDENTITY, "C1", team) is refused


def test_an_app_that_anybody_can_install_answers_no_workspace_that_is_not_named() -> None:
    installable = {"client_id": "1.2", "client_secret": "a-secret"}
    assert refusal(SlackSettings.model_validate(installable), IDENTITY, "D1", None) is Refusal.WORKSPACE
    assert refusal(SlackSettings.model_validate(installable | {"workspaces": ("T1",)}), IDENTITY, "D1", None) is None
    assert refusal(SlackSettings.model_validate({}), IDENTITY, "D1", None) is None, "the token is of one workspace"


def test_what_somebody_writes_cannot_look_like_a_line_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    log = logging.getLogger("test_slack_security")
    caplog.handler.addFilter(RedactingFilter(["a-secret-of-ours"]))
    with caplog.at_level(logging.INFO):
        log.info("question: %s", "Who?\n2026-01-01 ERROR forged\u2028\x1b[2J\u202e xoxb-1-2-abc a-secret-of-ours")
    (line,) = caplog.messages
    assert line == "question: Who? 2026-01-01 ERROR forged [2J  (hidden) (hidden)"


def states_of(folder: Path, kind: str, secret: str = "a-secret") -> Any:
    """The store of begun installations that the settings make."""
    settings = SlackSettings.model_validate(
        {"installation_store": kind, "client_id": "1.2", "client_secret": secret, "workspaces": ("T1",)}
    )
    return oauth_settings(settings, folder).state_store


@pytest.mark.parametrize("kind", ["sqlite", "file"])
def test_no_number_of_begun_installations_pushes_a_real_one_out_or_leaves_anything_behind(
    kind: str, tmp_path: Path
) -> None:
    states = states_of(tmp_path, kind)

    async def story() -> None:
        real = await states.async_issue()
        files = sorted(tmp_path.rglob("*"))
        sizes = [path.stat().st_size for path in files]
        for _ in range(1040):
            await states.async_issue()
        assert sorted(tmp_path.rglob("*")) == files
        assert [path.stat().st_size for path in files] == sizes
        assert await states.async_consume(real)

    asyncio.run(story())


def test_a_state_that_a_visitor_makes_up_is_never_a_path(tmp_path: Path) -> None:
    states = states_of(tmp_path / "data", "file")
    numbers, pipe = tmp_path / "numbers", tmp_path / "pipe"
    numbers.write_text(str(time.time()))
    os.mkfifo(pipe)

    async def story() -> None:
        await states.async_issue()
        for state in (str(numbers), "../../numbers", "../../../numbers", "/dev/zero\0", "", ".", "1-2-3", str(pipe)):
            async with asyncio.timeout(10):
                assert not await states.async_consume(state)

    asyncio.run(story())
    assert numbers.exists()


def test_a_state_is_ours_unaltered_and_not_expired() -> None:
    now = 1_800_000_000.0
    states = SignedStates("a-secret", 600, lambda: now)

    async def story() -> None:
        nonlocal now
        state = await states.async_issue()
        assert await states.async_consume(state)
        assert await SignedStates("a-secret", 600, lambda: now).async_consume(state), "in another process"
        assert not await SignedStates("another", 600, lambda: now).async_consume(state)
        expires, nonce, signature = state.split("-")
        altered = [
            f"{int(expires) + 1}-{nonce}-{signature}",
            f"{expires}-{nonce[::-1]}-{signature}",
            f"{expires}-{nonce}-{signature.upper()}",
            f"0{state}",
            f" {state}",
            f"{state}\n",
            state.translate({ord(str(digit)): 0x0660 + digit for digit in range(10)}),
        ]
        assert [await states.async_consume(other) for other in altered] == [False] * len(altered)
        now += 601
        assert not await states.async_consume(state)

    asyncio.run(story())


@pytest.mark.parametrize("team", ["../T1", "T1/../T1", "none", "T1\0", "."])
def test_what_is_no_id_of_slacks_names_no_folder_of_the_store(team: str, tmp_path: Path) -> None:
    workspaces = installed(tmp_path, "file", enterprise_id=None, team_id="T1")

    async def story() -> None:
        assert await workspaces.authorize(None, team) is None
        assert await workspaces.authorize(team, "T1") is None
        await workspaces.forget(team, None)
        await workspaces.forget(None, team)
        assert await workspaces.authorize(None, "T1") is not None

    asyncio.run(story())


def installed(folder: Path, kind: str, **facts: object) -> InstalledWorkspaces:
    """Workspaces of which one installation is known."""
    store: SQLite3InstallationStore | FileInstallationStore
    if kind == "sqlite":
        store = SQLite3InstallationStore(database=str(folder / "installations.sqlite3"), client_id="1.2")
        store.init()  # type: ignore[no-untyped-call]
    else:
        store = FileInstallationStore(base_dir=str(folder), client_id="1.2")
    facts_of_all = {"user_id": "U1", "bot_token": "xoxb-test", "bot_id": "B1", "bot_user_id": "UBOT", "app_id": "A1"}
    store.save(Installation(**(facts_of_all | facts)))  # type: ignore[arg-type]
    return InstalledWorkspaces(SlackSettings.model_validate({}), store, None)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["sqlite", "file"])
def test_an_organisation_that_installed_the_app_is_answered_in_each_of_its_workspaces(
    kind: str, tmp_path: Path
) -> None:
    workspaces = installed(tmp_path, kind, enterprise_id="E1", team_id=None, is_enterprise_install=True)

    async def story() -> None:
        identity = await workspaces.authorize("E1", "T5")
        assert identity is not None
        assert (identity.bot_token, identity.team_id, identity.enterprise_id) == ("xoxb-test", "T5", "E1")
        assert await workspaces.authorize("E2", "T5") is None
        assert await workspaces.authorize(None, "T5") is None
        await workspaces.forget("E1", None)
        assert await workspaces.authorize("E1", "T5") is None

    asyncio.run(story())


@pytest.mark.parametrize("kind", ["sqlite", "file"])
def test_a_workspace_that_installed_the_app_is_answered_and_no_other_until_it_is_removed(
    kind: str, tmp_path: Path
) -> None:
    workspaces = installed(tmp_path, kind, enterprise_id=None, team_id="T1")

    async def story() -> None:
        assert await workspaces.authorize(None, "T1") is not None
        assert await workspaces.authorize(None, "T2") is None
        assert await workspaces.authorize("E1", "T2") is None
        assert await workspaces.authorize(None, None) is None
        await workspaces.forget(None, "T1")
        assert await workspaces.authorize(None, "T1") is None

    asyncio.run(story())


def test_no_cookie_of_one_workspace_reaches_another() -> None:
    async def story() -> int:
        async with new_session() as session:
            session.cookie_jar.update_cookies({"b": "tracked"})
            return len(session.cookie_jar)

    assert asyncio.run(story()) == 0
