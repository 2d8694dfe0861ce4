"""The settings of the Slack app: the tables ``[slack]`` and ``[slack.channels.<ID>]`` of `qa_bot.toml`, and Slack's own names.

::

    [slack]
    admins = ["U0123456789"]
    language = "en"

    [slack.channels.C0123456789]
    mode = "auto"
    threshold = 0.8
    publishers = ["The Example"]

What ``[slack]`` says holds in every channel whose own table does not say otherwise.  Tokens and secrets come from the
environment only, under Slack's names.
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
    """When a message in a channel is a question to the bot."""

    MENTION = "mention"
    AUTO = "auto"
    OFF = "off"


class FollowUps(StrEnum):
    """Which replies in a thread with an answer of the bot are questions to it, without a mention."""

    MENTION = "mention"
    QUESTIONS = "questions"
    ALWAYS = "always"


class Language(StrEnum):
    """Languages of the fixed texts."""

    ENGLISH = "en"
    GERMAN = "de"


class InstallationStoreKind(StrEnum):
    """Where the tokens of several workspaces are kept."""

    SQLITE = "sqlite"
    FILE = "file"


class ChannelSettings(BaseModel):
    """What can be set for a channel, and for all of them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: Mode = Field(
        Mode.MENTION, description="mention: answer when mentioned; auto: any question at the top level, too; off: never"
    )
    follow_ups: FollowUps = Field(
        FollowUps.QUESTIONS,
        description="replies in a thread with an answer that are answered without a mention: mention (none), questions, always",
    )
    threshold: float | None = Field(
        None,
        ge=0,
        le=1,
        description="confidence below which the bot says nothing (auto) or that the articles don't say",
    )
    publishers: tuple[str, ...] = Field((), description="only articles of these publishers are shown; empty for all")
    sources: tuple[str, ...] = Field(
        (), description="only articles from these sources are shown, * for anything; empty for all"
    )
    language: Language = Field(Language.ENGLISH, description="language of the fixed texts: en or de")
    index_posts: bool = Field(False, description="whether links and files posted there are indexed")
    external_people: bool = Field(False, description="whether people of other organisations are answered there")

    @property
    def only(self) -> ArticleFilter:
        """The articles that may be shown."""
        return ArticleFilter(publishers=self.publishers, sources=self.sources)


class SlackSettings(ChannelSettings):
    """The settings of the Slack app; those of `ChannelSettings` hold where a channel's own table says nothing."""

    workspaces: tuple[str, ...] = Field(
        (),
        description="ids of the workspaces that are answered, and whose people are no strangers; empty for all that installed it",
    )
    allowed_channels: tuple[str, ...] = Field(
        (), description="ids of the channels that are answered; empty for all it is in"
    )
    admins: tuple[str, ...] = Field((), description="ids of the people who may use /ask-admin")
    answered_bots: tuple[str, ...] = Field(
        (), description="ids of the bots whose messages are answered like a person's"
    )
    log_questions: bool = Field(False, description="whether questions are written to the log")
    workers: int = Field(2, ge=1, le=64, description="questions that are answered at once")
    queue: int = Field(
        2000, ge=1, le=100_000, description="questions that may wait; further people are asked to come back"
    )
    max_file_mb: int = Field(20, ge=1, le=200, description="largest file that is indexed, in megabytes")
    installation_store: InstallationStoreKind = Field(
        InstallationStoreKind.SQLITE, description="with OAuth: where the workspaces' tokens are kept, sqlite or file"
    )
    channels: Mapping[str, dict[str, Any]] = Field(
        default_factory=dict, description="a table for each channel that has settings of its own"
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
        """What holds in a channel."""
        known = channel if channel and channel in self.channels else ""
        if known not in self._of_channels:
            common = {name: getattr(self, name) for name in ChannelSettings.model_fields}
            self._of_channels[known] = ChannelSettings.model_validate(common | self.channels.get(known, {}))
        return self._of_channels[known]

    @property
    def uses_oauth(self) -> bool:
        """Whether workspaces install the app themselves."""
        return bool(self.client_id and self.client_secret)


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
        SettingsError: a value cannot be used, or a name is not a setting; it names the place and what is accepted.
    """
    path, table = read_table("slack")
    given = {field: value for name, field in ENVIRONMENT.items() if (value := os.environ.get(name, "").strip())}
    if "api_url" in given:
        given["api_url"] = _checked_url(given["api_url"])
    for name in table:
        if name in ENVIRONMENT.values():
            variable = next(variable for variable, field in ENVIRONMENT.items() if field == name)
            raise SettingsError(
                f"{path}: slack.{name}: keep it out of the file; set the environment variable {variable}"
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


def _checked_url(url: str) -> str:
    if not url.startswith(("https://", "http://")):
        raise SettingsError("SLACK_API_URL: not an http(s) address; it is usually https://slack.com/api/")
    return url if url.endswith("/") else f"{url}/"


def _in_words(error: ValidationError, model: type[BaseModel]) -> str:
    # The value itself stays out of it: somebody may have put a token where another setting belongs.
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    name = str(first["loc"][0])
    if first["type"] == "extra_forbidden":
        known = ", ".join(known for known in model.model_fields if known not in ENVIRONMENT.values())
        return f"{place}: no such setting; there are {known}"
    field = model.model_fields.get(name)
    accepted = f" ({field.description})" if field is not None and field.description else ""
    return f"{place}: cannot be used: {first['msg'].lower()}{accepted}"
