"""A backup of the data folder, and its way back: what cannot be made anew, whole at one moment, and verified.

A backup is a folder.  It holds the store, the feedback, what the Slack app remembers, files that were posted in Slack, and
`backup.json`, which says how large each of them is and what its SHA-256 is.  It holds no index and no model: they are made anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from embeddings.errors import SettingsError, StoreCorruptError, StoreError
from embeddings.store.local import FILE_NAME as STORE
from qa_bot import __version__

MANIFEST = "backup.json"
FORMAT = 1
DATABASES = (STORE, "feedback.sqlite3", "team-answers.sqlite3", "slack.sqlite3", "slack-installations.sqlite3")
"""In the order in which they are copied: which channel a file was posted in is recorded before the store has its article."""
OTHERS = ("slack_files", "slack-installations", "repl_history")

_BLOCK = 1 << 20

Progress = Callable[[int, int], None]
"""Is told how many bytes are done, and of how many."""


class BackedUpFile(BaseModel):
    """A file of a backup: its path in the folder, with slashes, its size in bytes, and its SHA-256 in hexadecimal."""

    model_config = ConfigDict(frozen=True)

    path: str
    size: int
    sha256: str


class Manifest(BaseModel):
    """What a backup says of itself.

    Attributes:
        format: version of this form.
        qa_bot: version that made it.
        made_at: moment in ISO 8601, UTC.
        data_dir: folder that it is of.
        articles: how many the store has.
        files: all of the backup but this manifest.
    """

    model_config = ConfigDict(frozen=True)

    format: int
    qa_bot: str
    made_at: str
    data_dir: str
    articles: int
    files: tuple[BackedUpFile, ...]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)


def back_up(data_dir: Path, folder: Path, progress: Progress = lambda done, total: None) -> Manifest:
    """Makes a backup of a data folder, also while the bot answers and indexes.

    The folder appears when it is whole and verified; if this is stopped, there is none.

    Args:
        data_dir: of the settings.
        folder: to make; it must not exist yet.
        progress: see `Progress`.

    Raises:
        SettingsError: the folder exists, or cannot be made.
        StoreError: there is no store, or a file of it cannot be read.
        StoreCorruptError: the store is damaged; there is no backup then.
    """
    if not (data_dir / STORE).is_file():
        raise StoreError(f"{data_dir}: there is no store to back up; run: qa-bot index FOLDER, or set QA_BOT_DATA_DIR")
    if folder.exists() or folder.is_symlink():
        raise SettingsError(f"{folder}: exists already and is left as it is; name a new folder")
    with _unfinished(folder) as unfinished:
        others = [path for name in OTHERS for path in _files_in(data_dir / name)]
        sizes = [path.stat().st_size for path in (*(data_dir / name for name in DATABASES), *others) if path.exists()]
        total, done = sum(sizes), 0
        for name in DATABASES:
            if (data_dir / name).is_file():
                _copy_database(data_dir / name, unfinished / name)
                done += (unfinished / name).stat().st_size
                progress(min(done, total), total)
        for path in others:
            with contextlib.suppress(FileNotFoundError):  # it was removed meanwhile
                _copy(path, unfinished / path.relative_to(data_dir))
                done += path.stat().st_size
                progress(min(done, total), total)
        manifest = Manifest(
            format=FORMAT,
            qa_bot=__version__,
            made_at=datetime.now(UTC).isoformat(timespec="seconds"),
            data_dir=str(data_dir.resolve()),
            articles=_articles_in(unfinished / STORE),
            files=tuple(_facts(path, unfinished) for path in _files_in(unfinished)),
        )
        (unfinished / MANIFEST).write_text(manifest.model_dump_json(indent=1) + "\n", encoding="utf-8")
    return manifest


def restore(folder: Path, data_dir: Path, progress: Progress = lambda done, total: None) -> Manifest:
    """Puts a backup into a data folder that has nothing in it.

    Args:
        folder: of the backup.
        data_dir: to fill; it appears when it is whole.
        progress: see `Progress`.

    Raises:
        SettingsError: the data folder has something in it, or cannot be made.
        StoreError: the folder is no backup, or not whole.
        StoreCorruptError: a file of the backup is not what it was.
    """
    manifest = read_manifest(folder)
    if data_dir.exists() and (not data_dir.is_dir() or any(data_dir.iterdir())):
        raise SettingsError(
            f"{data_dir}: is not empty and is left as it is; move it away, or name another with --data-dir"
        )
    with _unfinished(data_dir) as unfinished:
        done = 0
        for file in manifest.files:
            _copy(_within(folder, file.path), unfinished / file.path)
            if _facts(unfinished / file.path, unfinished) != file:
                raise StoreCorruptError(f"{folder / file.path}: is not as it was backed up; take another backup")
            done += file.size
            progress(done, manifest.size)
        _check(unfinished / STORE)
        with contextlib.suppress(FileNotFoundError):
            data_dir.rmdir()
    return manifest


def read_manifest(folder: Path) -> Manifest:
    """What a backup says of itself.

    Raises:
        StoreError: the folder is no backup, or one of a newer version.
    """
    path = folder / MANIFEST
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(data, dict) and isinstance(data.get("format"), int) and data["format"] > FORMAT:
            raise StoreError(f"{path}: made by qa-bot {data.get('qa_bot')}; update qa-bot to restore it")
        manifest = Manifest.model_validate(data)
    except FileNotFoundError as error:
        raise StoreError(f"{folder}: is no backup ({MANIFEST} is missing); name a folder of qa-bot backup") from error
    except OSError as error:
        raise StoreError(f"{path}: cannot be read ({error.strerror or error})") from error
    except (ValueError, RecursionError, ValidationError) as error:
        raise StoreError(f"{path}: is damaged; take another backup") from error
    if STORE not in {file.path for file in manifest.files}:
        raise StoreError(f"{path}: names no store; take another backup")
    return manifest


@contextlib.contextmanager
def _unfinished(folder: Path) -> Iterator[Path]:
    """A new folder that takes the place of another at the end; if something fails, it is gone."""
    try:
        folder.absolute().parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.absolute().parent))
    except OSError as error:
        raise SettingsError(f"{folder}: cannot be made ({error.strerror or error}); name another folder") from error
    try:
        yield made
        for path in (*_files_in(made), made):
            _sync(path)
        made.rename(folder)
        _sync(folder.absolute().parent)
    except OSError as error:
        shutil.rmtree(made, ignore_errors=True)
        raise SettingsError(
            f"{error.filename or folder}: {error.strerror or error}; make room, or name another folder"
        ) from error
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise


def _files_in(path: Path) -> list[Path]:
    """A file, or all files of a folder in order; none of what a link leads to."""
    if path.is_symlink():
        return []
    if path.is_file():
        return [path]
    inside = (Path(folder, name) for folder, _, names in os.walk(path) for name in names)
    return sorted(file for file in inside if file.is_file() and not file.is_symlink())


def _copy_database(source: Path, target: Path) -> None:
    """Copies a SQLite file as it is at one moment, whoever writes to it, and looks through the copy for damage."""
    try:
        with contextlib.closing(_open(source)) as read, contextlib.closing(sqlite3.connect(target)) as written:
            read.backup(written)
            written.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.DatabaseError as error:
        raise StoreError(f"{source}: cannot be copied ({error}); run: qa-bot doctor") from error
    _check(target)


def _open(path: Path) -> sqlite3.Connection:
    """Opens a SQLite file to read it; on a disk that cannot be written to, as it lies there."""
    uri = f"{path.absolute().as_uri()}?mode=ro"
    connection = sqlite3.connect(uri, uri=True, timeout=10)
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:
        connection.close()
        if Path(f"{path}-wal").exists() and Path(f"{path}-wal").stat().st_size:
            raise
        connection = sqlite3.connect(f"{uri}&immutable=1", uri=True)
    return connection


def _check(path: Path) -> None:
    try:
        with contextlib.closing(sqlite3.connect(path)) as connection:
            problem = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.DatabaseError as error:
        problem = str(error)
    if problem != "ok":
        raise StoreCorruptError(f"{path.name}: is damaged ({problem.splitlines()[-1]}); run: qa-bot doctor")


def _articles_in(path: Path) -> int:
    try:
        with contextlib.closing(sqlite3.connect(path)) as connection:
            return int(connection.execute("SELECT count(*) FROM articles").fetchone()[0])
    except sqlite3.DatabaseError as error:
        raise StoreError(f"{path.name}: is no store of qa-bot ({error})") from error


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with source.open("rb") as read, target.open("xb") as written:
        shutil.copyfileobj(read, written, _BLOCK)


def _within(folder: Path, path: str) -> Path:
    """A file of a backup; its manifest may come from anybody."""
    file = folder / path
    if not path or "\0" in path or file.is_symlink() or not file.resolve().is_relative_to(folder.resolve()):
        raise StoreCorruptError(f"{folder / MANIFEST}: {path!r} lies outside the backup; take another backup")
    if not file.is_file():
        raise StoreError(f"{file}: is missing from the backup; take another backup")
    return file


def _facts(path: Path, folder: Path) -> BackedUpFile:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return BackedUpFile(path=path.relative_to(folder).as_posix(), size=path.stat().st_size, sha256=digest)


def _sync(path: Path) -> None:
    """Writes a file, or the names in a folder, to the disk, so that a power cut does not undo them."""
    with contextlib.suppress(PermissionError):  # a folder cannot be opened on every system
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
