"""Every setting, with its doc line.

The command line wins over an environment variable ``QA_BOT_<NAME>``, which wins over the files of `qa_bot.config_file`, which
win over the default.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Any

import platformdirs
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, InitSettingsSource, SettingsConfigDict
from pydantic_settings import PydanticBaseSettingsSource as Source

from embeddings.errors import SettingsError
from embeddings.indexing.chunking import BATCH_PASSAGES, PassageRule
from embeddings.onnx.model_cache import PACKAGED_ENCODER
from embeddings.store.protocol import DenseKind
from qa_bot.config_file import VARIABLE, ConfigFile, no_such, read_config_files, users_path

PREFIX = "QA_BOT_"
TOKEN = PREFIX + "TOKEN"
"""The environment variable of the secret that programs send by HTTP; it is in no file, and on no command line."""
PACKAGED_READER = "packaged"
TABLES = ("slack",)
"""Tables of the files that other modules read."""

_log = logging.getLogger(__name__)


class LogFormat(StrEnum):
    """The form of log lines."""

    PLAIN = "plain"
    JSON = "json"


class Settings(BaseSettings):
    """The settings of qa-bot."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="forbid", frozen=True)

    data_dir: Path = Field(
        default_factory=lambda: _folder_of_user("data_dir", platformdirs.user_data_path),
        description="folder of the store: articles, vectors, indexes, and the history of the REPL",
    )
    cache_dir: Path = Field(
        default_factory=lambda: _folder_of_user("cache_dir", platformdirs.user_cache_path),
        description="folder of compiled models; you can delete it at any time",
    )
    encoder: str = Field(
        PACKAGED_ENCODER,
        min_length=1,
        description="sentence-transformers model that embeds passages and questions: the packaged one, a folder, or a hub name",
    )
    reader: str = Field(
        PACKAGED_READER,
        min_length=1,
        description='extractive QA model that finds the answer: "packaged", a folder, or a hub name',
    )
    passage_chars: int = Field(
        PassageRule().max_chars, ge=100, le=4000, description="longest passage, in characters; a sentence is never cut"
    )
    passage_overlap: int = Field(
        PassageRule().overlap_sentences, ge=0, le=5, description="sentences that neighbouring passages share"
    )
    passages_read: int = Field(8, ge=1, le=100, description="passages that the reader reads per question")
    threshold: float | None = Field(
        None, ge=0, le=1, description="minimum confidence for an answer; empty for the reader's own"
    )
    possible_threshold: float | None = Field(
        None, ge=0, le=1, description='minimum confidence for a "possibly"; empty for the reader\'s own'
    )
    question_seconds: float = Field(
        10, ge=0.5, le=600, description="time that answering one question may take, in seconds"
    )
    alternatives: int = Field(3, ge=0, le=20, description="further answers to keep, besides the best one")
    allow_private_addresses: bool = Field(
        False, description="whether to fetch articles from private, loopback and link-local addresses"
    )
    document_seconds: float = Field(15, ge=1, le=600, description="time that reading one document may take, in seconds")
    commit_passages: int = Field(BATCH_PASSAGES, ge=1, le=100_000, description="passages per commit of an index run")
    watch_seconds: int = Field(
        300, ge=1, le=86_400, description="seconds between two checks of a feed or page, with --watch"
    )
    dense_index: DenseKind = Field(
        DenseKind.AUTO, description='vector index: "exact", "quantised", or "auto" to choose by the number of vectors'
    )
    threads: int = Field(0, ge=0, le=256, description="inference threads; 0 = one per core")
    log_format: LogFormat = Field(
        LogFormat.PLAIN, description='what a server logs: "plain" lines, or a "json" object a line'
    )
    metrics_port: int = Field(
        0, ge=0, le=65_000, description="port at which a server shows its figures to Prometheus; 0 = nowhere"
    )
    metrics_host: str = Field("127.0.0.1", min_length=1, description="address of that port")

    @field_validator("data_dir", "cache_dir", mode="before")
    @classmethod
    def _folder(cls, name: object) -> object:
        if name == "":
            raise ValueError("the name of a folder is missing")  # an empty path is the current folder
        try:
            return Path(name).expanduser() if isinstance(name, str | Path) else name
        except RuntimeError as error:
            raise ValueError("there is no such home folder") from error

    @property
    def passage_rule(self) -> PassageRule:
        """How articles are cut into passages."""
        return PassageRule(self.passage_chars, self.passage_overlap)

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: Source, env_settings: Source, *_: Any, **__: Any
    ) -> tuple[Source, ...]:
        """The command line over the environment over the file."""
        files = [
            InitSettingsSource(settings_cls, {name: file.values[name] for name in file.values if name not in TABLES})
            for file in _config_files()
        ]
        return init_settings, env_settings, *files


def load_settings(say: Callable[[str], None] = _log.warning, /, **given: Any) -> Settings:
    """Reads the settings.

    Args:
        say: is told what a file of settings says in vain; by default, it is logged.
        given: settings from the command line; None means not given.

    Raises:
        SettingsError: a value cannot be used, or a name is not a setting; the error names the place and what is accepted.
    """
    given = {name: value for name, value in given.items() if value is not None}
    variables = {name.upper() for name, value in os.environ.items() if name.upper().startswith(PREFIX) and value}
    known = [PREFIX + name.upper() for name in Settings.model_fields]
    for variable in sorted(variables.difference(known, [VARIABLE, TOKEN, PREFIX + "DEBUG"])):
        raise SettingsError(f"{variable}: {no_such(variable, known)}")
    files = _config_files()
    for file in files:
        if file.note:
            say(file.note)
    try:
        return Settings(**given)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        if name in given:
            place = f"--{name.replace('_', '-')}"
        elif (variable := PREFIX + name.upper()) in variables:
            place = variable
        else:
            place = f"{next(file.path for file in files if name in file.values)}: {name}"
        accepted = accepted_values(name) or Settings.model_fields[name].description
        reason = f"{str(first['input'])!r} cannot be used: {first['msg'].removeprefix('Value error, ').lower()}"
        raise SettingsError(f"{place}: {reason} (accepted: {accepted})") from error


def read_table(name: str) -> tuple[Path, dict[str, Any]]:
    """One of the tables, and the path of the file of settings that it is from; empty if no file has it.

    Args:
        name: one of `TABLES`.

    Raises:
        SettingsError: a file cannot be read, or the name is not a table in it.
    """
    for path, values, _ in _config_files():
        if name in values:
            if not isinstance(values[name], dict):
                raise SettingsError(f"{path}: {name}: not a table; write its settings under a line [{name}]")
            return path, values[name]
    return Path(os.environ.get(VARIABLE) or users_path() or "qa_bot.toml"), {}


def _config_files() -> list[ConfigFile]:
    return read_config_files([*Settings.model_fields, *TABLES])


def _folder_of_user(name: str, find: Callable[..., Path]) -> Path:
    try:
        return find("qa_bot", appauthor=False)
    except RuntimeError as error:
        raise SettingsError(f"{name}: this user has no home folder; set {PREFIX}{name.upper()} to a folder") from error


def accepted_values(name: str) -> str:
    """The values that a setting takes, in words; empty if it takes any text."""
    field = Settings.model_fields[name]
    bounds = {type(bound).__name__: bound for bound in field.metadata}
    low, high = getattr(bounds.get("Ge"), "ge", None), getattr(bounds.get("Le"), "le", None)
    if low is None or high is None:
        return ""
    kind = "a whole number" if field.annotation is int else "a number"
    return f"{kind} from {low} to {high}"
