"""The files of settings: the user's, the one in the current folder, and the one that ``QA_BOT_CONFIG`` names.

Somebody may stand in a folder that others have made, an unpacked archive for instance.  So the file in the current folder can
say how answers are made, and nothing else: what it says of places, models, networks or Slack is ignored, with a note.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Collection
from pathlib import Path
from typing import Any, NamedTuple

import platformdirs

from embeddings.errors import SettingsError

VARIABLE = "QA_BOT_CONFIG"
FILE_NAME = "qa_bot.toml"
MAX_BYTES = 1_000_000
FROM_ANY_FOLDER = frozenset({
    "alternatives", "commit_passages", "dense_index", "passage_chars", "passage_overlap", "passages_read",
    "possible_threshold", "threads", "threshold", "watch_seconds",
})  # fmt: skip
"""The settings that count from the file in the current folder; each new one has to be found harmless first."""


class ConfigFile(NamedTuple):
    """What counts of a file.

    Attributes:
        path: of the file.
        values: settings, and tables.
        ignored: names of what does not count.
    """

    path: Path
    values: dict[str, Any]
    ignored: tuple[str, ...] = ()

    @property
    def note(self) -> str:
        """What a person should know of what is ignored; empty if nothing is."""
        if not self.ignored:
            return ""
        here = self.path.absolute()
        user = users_path()
        count = (
            f"only from {user} or a file that {VARIABLE} names" if user else f"only from a file that {VARIABLE} names"
        )
        return f"{here}: ignored {', '.join(self.ignored)}, which count {count}; to allow them, set {VARIABLE}={here}"


def users_path() -> Path | None:
    """The user's own file, which need not exist; None for a user without a home folder."""
    try:
        return platformdirs.user_config_path("qa_bot", appauthor=False) / FILE_NAME
    except RuntimeError:
        return None


def read_config_files(known: Collection[str]) -> list[ConfigFile]:
    """The files that are there, the one that wins first.

    Args:
        known: the names of all settings and tables.

    Raises:
        SettingsError: a file cannot be read, or a name in it is not known; the message begins with the file and the name.
    """
    if named := os.environ.get(VARIABLE):
        path = Path(os.path.expanduser(named))
        return [ConfigFile(path, _read(path, known))]
    files = []
    here, user = Path(FILE_NAME), users_path()
    if os.path.lexists(here) and not (user and here.absolute() == user):
        values = _read_if_file(here, known)
        allowed = {name: value for name, value in values.items() if name in FROM_ANY_FOLDER}
        ignored = [f"[{name}]" if isinstance(values[name], dict) else name for name in values if name not in allowed]
        files.append(ConfigFile(here, allowed, tuple(ignored)))
    if user and os.path.lexists(user):
        files.append(ConfigFile(user, _read_if_file(user, known)))
    return files


def _read_if_file(path: Path, known: Collection[str]) -> dict[str, Any]:
    if path.exists() and not path.is_file():  # reading a pipe could wait for ever
        raise SettingsError(f"{path}: not a file; qa-bot reads settings from this name, so move it away")
    return _read(path, known)


def _read(path: Path, known: Collection[str]) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise SettingsError(f"{path}: larger than {MAX_BYTES // 10**6} MB; is it a file of settings?")
        values = tomllib.loads(content.decode("utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror}); see {VARIABLE}") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: not UTF-8 at byte {error.start}; save it as UTF-8") from error
    except ValueError as error:  # a number with too many digits is another one than TOMLDecodeError
        raise SettingsError(f"{path}: not TOML: {error}") from error
    except RecursionError as error:
        raise SettingsError(f"{path}: nested too deeply; write each setting on a line: name = value") from error
    for name in values:
        if name not in known:
            raise SettingsError(f"{path}: {name}: {no_such(name, known)}")
    return values


def no_such(name: str, known: Collection[str]) -> str:
    """Says that there is no such setting, with the nearest one that there is."""
    near = difflib.get_close_matches(name, known, 1)
    return "no such setting; " + (f"did you mean {near[0]}?" if near else f"the settings are {', '.join(known)}")
