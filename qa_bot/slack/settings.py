"""The settings of the Slack app: ``[slack]`` and ``[slack.channels.<ID>]`` in `qa_bot.toml`, and Slack's own variables.

A channel's own table overrides ``[slack]``.  Tokens and secrets come from the environment only, under Slack's names.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, SecretStr, ValidationError

from embeddings.errors import SettingsError
from embeddings.filters import ArticleFilter
from qa_bot.settings import read_table

SLACK_API_URL = "https://slack.com/api/"


class Mode(StrEnum):
    """Which messages in a channel are questions to the bot."""

    MENTION = "mention"
    AUTO = "auto"
    OFF = "off"


class FollowUps(StrEnum):
    """Which replies without a mention are questions to the bot, in a thread that it has joined."""

    MENTION = "mention"
    QUESTIONS = "questions"
    ALWAYS = "always"


class Language(StrEnum):
    """Languages of the fixed texts."""

    ENGLISH = "en"
    GERMAN = "de"


class Reply(StrEnum):
    """Who sees the answer to a mention."""

    THREAD = "thread"
    EPHEMERAL = "ephemeral"


class InstallationStoreKind(StrEnum):
    """Where the tokens of several workspaces are kept."""

    SQLITE = "sqlite"
    FILE = "file"


class ChannelSettings(BaseModel):
    """The settings that a channel can have of its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: Mode = Field(
        Mode.MENTION,
        description="mention: answer when mentioned; auto: also answer questions outside threads; off: never answer",
    )
    follow_ups: FollowUps = Field(
        FollowUps.QUESTIONS,
        description="replies to answer without a mention in a thread that the bot has joined: mention (none), questions, always",
    )
    reply: Reply = Field(
        Reply.THREAD,
        description="thread: everybody sees answers; ephemeral: only the asker does, who can show them to all",
    )
    ask: str = Field(
        "",
        pattern=r"^(?:[USW][A-Z0-9]{5,})?$",
        description="id of a person or a user group whom people can ask when the articles don't say; empty = nobody",
    )
    welcome: bool = Field(True, description="say once, when the bot joins, what it reads and how to ask")
    threshold: float | None = Field(None, ge=0, le=1, description="minimum confidence for an answer")
    publishers: tuple[str, ...] = Field((), description="show only articles of these publishers; empty = all")
    sources: tuple[str, ...] = Field(
        (), description="show only articles from these sources (* matches anything); empty = all"
    )
    language: Language | None = Field(
        None, description="language of the bot's own texts: en or de; default: that of the person, or else en"
    )
    index_posts: bool = Field(False, description="index links and files that are posted there")
    external_people: bool = Field(False, description="answer people of other organisations there")
    team_answers: bool | None = Field(
        None,
        description="show your team's own answers there; default: unless people of other organisations are answered",
    )

    @property
    def shows_team_answers(self) -> bool:
        """Whether the team's own answers are shown."""
        return not self.external_people if self.team_answers is None else self.team_answers

    @property
    def only(self) -> ArticleFilter:
        """The articles that may be shown."""
        return ArticleFilter(publishers=self.publishers, sources=self.sources)


class SlackSettings(ChannelSettings):
    """The settings of the Slack app; those of `ChannelSettings` are the defaults of all channels."""

    workspaces: tuple[str, ...] = Field(
        (), description="ids of workspaces whose people are answered; empty = the bot token's own, and none with OAuth"
    )
    allowed_channels: tuple[str, ...] = Field((), description="ids of channels that are answered; empty = all")
    admins: tuple[str, ...] = Field((), description="ids of people who may use /ask-admin")
    editors: tuple[str, ...] = Field((), description="ids of people who may save team answers, besides the admins")
    answered_bots: tuple[str, ...] = Field((), description="ids of bots that are answered like people")
    log_questions: bool = Field(
        False, description="write questions to the log, and record those without an answer for qa-bot feedback report"
    )
    digest_channel: str = Field(
        "",
        pattern=r"^(?:[CG][A-Z0-9]{5,})?$",
        description="id of a channel that is told each Monday what was not answered; needs log_questions; empty = none",
    )
    workers: int = Field(2, ge=1, le=64, description="questions that are answered at the same time")
    queue: int = Field(
        2000, ge=1, le=100_000, description="questions that may wait before people are asked to try again later"
    )
    share_posts: bool = Field(False, description="let articles that are posted in a channel answer everywhere")
    max_file_mb: int = Field(20, ge=1, le=200, description="largest file that is indexed, in megabytes")
    installation_store: InstallationStoreKind = Field(
        InstallationStoreKind.SQLITE, description="with OAuth: where tokens are kept, sqlite or file"
    )
    channels: Mapping[str, dict[str, Any]] = Field(
        default_factory=dict, description="a table for each channel with its own settings"
    )

    bot_token: SecretStr | None = Field(None, exclude=True)
    app_token: SecretStr | None = Field(None, exclude=True)
    signing_secret: SecretStr | None = Field(None, exclude=True)
    client_id: str | None = Field(None, exclude=True)
    client_secret: SecretStr | None = Field(None, exclude=True)
    config_token: SecretStr | None = Field(None, exclude=True)
    api_url: str = Field(SLACK_API_URL, exclude=True)

    _of_channels: dict[str, ChannelSettings] = PrivateAttr(default_factory=dict)

    def channel(self, channel: str | None) -> ChannelSettings:
        """The settings of a channel; for None, the defaults."""
        own = channel if channel and channel in self.channels else ""
        if own not in self._of_channels:
            common = {name: getattr(self, name) for name in ChannelSettings.model_fields}
            self._of_channels[own] = ChannelSettings.model_validate(common | self.channels.get(own, {}))
        return self._of_channels[own]

    def may_edit_answers(self, person: str) -> bool:
        """Whether a person may save, change and delete team answers."""
        return person in self.editors or person in self.admins

    def in_words(self, channel: str | None) -> str:
        """The settings that hold in a channel, of those that a channel can have; for None, the defaults."""
        if channel and self.allowed_channels and channel not in self.allowed_channels:
            return "not answered: it is not in slack.allowed_channels"
        values = self.channel(channel).model_dump(mode="json")
        values["threshold"] = "the reader's own" if values["threshold"] is None else values["threshold"]
        values["team_answers"] = self.channel(channel).shows_team_answers
        values["ask"] = values["ask"] or "nobody"
        values["language"] = values["language"] or "of the person"
        return ", ".join(f"{name} {_shown(value)}" for name, value in values.items())

    @property
    def uses_oauth(self) -> bool:
        """Whether workspaces install the app themselves."""
        return bool(self.client_id and self.client_secret)


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return (" or ".join(map(str, value)) or "all") if isinstance(value, list) else str(value)


ENVIRONMENT = {
    "SLACK_BOT_TOKEN": "bot_token",
    "SLACK_APP_TOKEN": "app_token",
    "SLACK_SIGNING_SECRET": "signing_secret",
    "SLACK_CLIENT_ID": "client_id",
    "SLACK_CLIENT_SECRET": "client_secret",
    "SLACK_API_URL": "api_url",
    "SLACK_CONFIG_TOKEN": "config_token",
}


def load_slack_settings() -> SlackSettings:
    """Reads the settings of the Slack app.

    Raises:
        SettingsError: a value is not valid, or a name is no setting; the message names the place and what is accepted.
    """
    path, table = read_table("slack")
    given = {field: value for name, field in ENVIRONMENT.items() if (value := os.environ.get(name, "").strip())}
    if "api_url" in given:
        given["api_url"] = _checked_url(given["api_url"])
    for variable, name in ENVIRONMENT.items():
        if name in table:
            raise SettingsError(
                f"{path}: slack.{name}: do not keep it in the file; set the environment variable {variable}"
            )
    try:
        settings = SlackSettings.model_validate(table | given)
    except ValidationError as error:
        raise SettingsError(f"{path}: slack.{_in_words(error, SlackSettings)}") from None
    for channel in settings.channels:
        try:
            settings.channel(channel)
        except ValidationError as error:
            raise SettingsError(f"{path}: slack.channels.{channel}.{_in_words(error, ChannelSettings)}") from None
    return settings


def bot_token(settings: SlackSettings) -> str:
    """The bot's token.

    Raises:
        SettingsError: it is missing, or it is another kind of token.
    """
    return _token(settings.bot_token, "SLACK_BOT_TOKEN", "xoxb-", "OAuth & Permissions, Bot User OAuth Token")


def app_token(settings: SlackSettings) -> str:
    """The token for Socket Mode.

    Raises:
        SettingsError: it is missing, or it is another kind of token.
    """
    return _token(settings.app_token, "SLACK_APP_TOKEN", "xapp-", "Basic Information, App-Level Tokens")


def _token(token: SecretStr | None, name: str, prefix: str, place: str) -> str:
    value = token.get_secret_value() if token else ""
    if not value:
        raise SettingsError(f"{name} is not set; it begins with {prefix}, copy it from api.slack.com/apps, {place}")
    if not value.startswith(prefix) and not (prefix == "xoxb-" and value.startswith("xoxe.xoxb-")):
        kinds = {"xoxb-": "a bot token", "xapp-": "an app token", "xoxp-": "a user token"}
        kind = next((kind for start, kind in kinds.items() if value.startswith(start)), "something else")
        raise SettingsError(f"{name} is {kind}; it must begin with {prefix}, copy it from api.slack.com/apps, {place}")
    return value


def _checked_url(url: str) -> str:
    if not url.startswith(("https://", "http://")):
        raise SettingsError("SLACK_API_URL is not an http(s) address; it is usually https://slack.com/api/")
    return url if url.endswith("/") else f"{url}/"


def _in_words(error: ValidationError, model: type[BaseModel]) -> str:
    # without the value, which may be a token in the wrong place
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    name = str(first["loc"][0])
    if first["type"] == "extra_forbidden":
        known = ", ".join(field for field in model.model_fields if field not in ENVIRONMENT.values())
        return f"{place}: no such setting; the settings are {known}"
    field = model.model_fields.get(name)
    accepted = f" ({field.description})" if field is not None and field.description else ""
    return f"{place}: not valid: {first['msg'].lower()}{accepted}"
