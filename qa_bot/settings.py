"""Every setting, with its doc line.

A setting comes from the command line, else from an environment variable ``QA_BOT_<NAME>``, else from the file
`qa_bot.toml` in the current folder (or the one that ``QA_BOT_CONFIG`` names), else it has its default.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import platformdirs
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from embeddings.errors import SettingsError
from embeddings.indexing.chunking import BATCH_PASSAGES, PassageRule
from embeddings.onnx.model_cache import PACKAGED_ENCODER
from embeddings.store.protocol import DenseKind

PREFIX = "QA_BOT_"
CONFIG_FILE = "qa_bot.toml"
MAX_CONFIG_BYTES = 1_000_000
PACKAGED_READER = "packaged"
TABLES = ("slack",)
"""Tables of the file that another module reads."""


class Settings(BaseSettings):
    """The settings of qa_bot."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    data_dir: Path = Field(
        default_factory=lambda: _folder_of_user("data_dir", platformdirs.user_data_path),
        description="folder of the store: the articles, their vectors, the indexes, the REPL's history",
    )
    cache_dir: Path = Field(
        default_factory=lambda: _folder_of_user("cache_dir", platformdirs.user_cache_path),
        description="folder of compiled models; it can be deleted at any time",
    )
    encoder: str = Field(
        PACKAGED_ENCODER,
        min_length=1,
        description="sentence-transformers model that embeds passages and questions: the packaged one, a folder, a hub name",
    )
    reader: str = Field(
        PACKAGED_READER,
        min_length=1,
        description='extractive-QA model that finds the answer: "packaged", a folder, or a hub name',
    )
    passage_chars: int = Field(
        PassageRule().max_chars, ge=100, le=4000, description="longest passage, in characters; sentences are never cut"
    )
    passage_overlap: int = Field(
        PassageRule().overlap_sentences, ge=0, le=5, description="sentences that neighbouring passages share"
    )
    passages_read: int = Field(8, ge=1, le=100, description="passages that the reader reads for one question")
    threshold: float | None = Field(
        None,
        ge=0,
        le=1,
        description="confidence below which the articles are said not to answer; empty for the reader's own",
    )
    alternatives: int = Field(3, ge=0, le=20, description="further answers that are kept besides the best")
    allow_private_addresses: bool = Field(
        False, description="whether articles may be fetched from private, loopback and link-local addresses"
    )
    commit_passages: int = Field(
        BATCH_PASSAGES, ge=1, le=100_000, description="passages after which an index run commits its articles"
    )
    watch_seconds: int = Field(
        300, ge=1, le=86_400, description="seconds between two looks at a feed or page that is followed (--watch)"
    )
    dense_index: DenseKind = Field(
        DenseKind.AUTO, description='index of the vectors: "exact", "quantised", or "auto" for what suits their number'
    )
    threads: int = Field(0, ge=0, le=256, description="texts that the models work on at once; 0 for one a core")

    @field_validator("data_dir", "cache_dir", mode="before")
    @classmethod
    def _named(cls, folder: object) -> object:
        if folder == "":
            raise ValueError("the name of a folder is missing")  # it would be the current folder
        return folder

    @field_validator("data_dir", "cache_dir")
    @classmethod
    def _with_home(cls, folder: Path) -> Path:
        try:
            return folder.expanduser()
        except RuntimeError as error:
            raise ValueError("there is no such home folder") from error

    @property
    def passage_rule(self) -> PassageRule:
        """How articles are cut into passages."""
        return PassageRule(self.passage_chars, self.passage_overlap)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The command line over the environment; the file is merged in by `load_settings`."""
        return init_settings, env_settings


def load_settings(**given: Any) -> Settings:
    """Reads the settings.

    Args:
        given: settings from the command line; None means not given.

    Raises:
        SettingsError: a value cannot be used, or a name is not a setting; it names the place and what is accepted.
    """
    given = {name: value for name, value in given.items() if value is not None}
    _check_environment()
    path, from_file = _read_config()
    environment = {name for name in Settings.model_fields if PREFIX + name.upper() in _environment()}
    merged = {name: value for name, value in from_file.items() if name not in {*environment, *TABLES}} | given
    try:
        settings = Settings(**merged)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        if name in given:
            place = f"--{name.replace('_', '-')}"
        elif name in environment:
            place = PREFIX + name.upper()
        else:
            place = f"{path}: {name}"
        raise SettingsError(f"{place}: {_in_words(name, first)}") from error
    return settings


def read_table(name: str) -> tuple[Path, dict[str, Any]]:
    """A table of the file of settings, and the file; empty if there is none.

    Args:
        name: one of `TABLES`.

    Raises:
        SettingsError: the file cannot be read, or what stands there is not a table.
    """
    path, values = _read_config()
    table = values.get(name, {})
    if not isinstance(table, dict):
        raise SettingsError(f"{path}: {name}: not a table; write its settings below a line [{name}]")
    return path, table


def _environment() -> dict[str, str]:
    """Environment variables of ours that are set to something; an empty one counts as not set."""
    found = {name.upper(): value for name, value in os.environ.items() if name.upper().startswith(PREFIX)}
    for name in [name for name, value in found.items() if not value]:
        os.environ.pop(name, None)
        del found[name]
    return found


def _check_environment() -> None:
    for name in _environment():
        if (
            name not in (PREFIX + "CONFIG", PREFIX + "DEBUG")
            and name.removeprefix(PREFIX).lower() not in Settings.model_fields
        ):
            raise SettingsError(
                f"{name}: {_no_such(name, [PREFIX + known.upper() for known in Settings.model_fields])}"
            )


def _read_config() -> tuple[Path, dict[str, Any]]:
    named = os.environ.get(PREFIX + "CONFIG")
    path = Path(os.path.expanduser(named or CONFIG_FILE))
    if not named and not os.path.lexists(path):
        return path, {}
    try:
        values = tomllib.loads(_text(path, any_kind=bool(named)))
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror}); see QA_BOT_CONFIG") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: not UTF-8 at byte {error.start}; save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: not TOML: {error}") from error
    except RecursionError as error:
        raise SettingsError(f"{path}: nested too deeply; a setting is a line: name = value") from error
    for name in values:
        if name not in Settings.model_fields and name not in TABLES:
            raise SettingsError(f"{path}: {name}: {_no_such(name, list(Settings.model_fields))}")
    return path, values


def _folder_of_user(name: str, find: Callable[..., Path]) -> Path:
    try:
        return find("qa_bot", appauthor=False)
    except RuntimeError as error:
        raise SettingsError(f"{name}: this user has no home folder; set {PREFIX}{name.upper()} to a folder") from error


def _text(path: Path, *, any_kind: bool) -> str:
    """What the file holds; the one of the current folder must be a file, not a pipe, say, which could be waited for."""
    if not any_kind and path.exists() and not path.is_file():
        raise SettingsError(f"{path}: not a file; the settings are read from it, so move it away")
    with path.open("rb") as file:
        content = file.read(MAX_CONFIG_BYTES + 1)
    if len(content) > MAX_CONFIG_BYTES:
        raise SettingsError(f"{path}: larger than {MAX_CONFIG_BYTES // 10**6} MB, which no file of settings is")
    return content.decode("utf-8")


def _no_such(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, 1)
    return "no such setting; " + (f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}")


def _in_words(name: str, error: Any) -> str:
    accepted = accepted_values(name) or Settings.model_fields[name].description
    reason = error["msg"].removeprefix("Value error, ").lower()
    return f"{str(error['input'])!r} cannot be used: {reason} (accepted: {accepted})"


def accepted_values(name: str) -> str:
    """The values that a setting takes, in words; empty where any text does."""
    field = Settings.model_fields[name]
    bounds = {type(bound).__name__: bound for bound in field.metadata}
    low, high = getattr(bounds.get("Ge"), "ge", None), getattr(bounds.get("Le"), "le", None)
    if low is None or high is None:
        return ""
    kind = "a whole number" if field.annotation is int else "a number"
    return f"{kind} from {low} to {high}"
