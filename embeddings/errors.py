"""Every error that a person can see, from both packages.

::

    QABotError
    ├── SettingsError          a setting, option or environment variable has a value that cannot be used
    ├── SourceError            a file, folder or URL cannot be read as articles
    ├── StoreError             the store cannot be opened, read or written
    │   ├── StoreCorruptError  the SQLite file is damaged; it is left as it is
    │   ├── StoreBusyError     another process is writing and did not finish in time
    │   ├── ArticleNotFoundError  no article has the id
    │   ├── SchemaError        the store was made by another version of the schema
    │   └── EncoderMismatchError  the store's vectors come from another encoder
    ├── ModelError             a model cannot be found, compiled or loaded
    ├── DatasetError           a question file is not SQuAD-format JSON
    ├── QuestionError          a question that cannot be asked, an empty one for instance
    └── QuestionTimeoutError   a question that takes longer than the setting `question_seconds` allows

The message of each names the file, line or setting, and says what to do next.  The command line prints it on one line
and exits with 2; a bot logs it.
"""

from __future__ import annotations


class QABotError(Exception):
    """The root of every error that a person reads."""


class SettingsError(QABotError):
    """A setting has a value that cannot be used."""


class SourceError(QABotError):
    """A source of articles cannot be read.

    Args:
        source: the file, folder or URL, as the person named it.
        reason: what is wrong, without the name of the source.
    """

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(f"{source}: {reason}")
        self.source = source
        self.reason = reason


class StoreError(QABotError):
    """The store cannot be opened, read or written."""


class StoreCorruptError(StoreError):
    """The SQLite file is damaged.  It stays as it is once this is noticed."""


class StoreBusyError(StoreError):
    """Another process holds the store's write lock."""


class ArticleNotFoundError(StoreError):
    """No article of the store, or more than one, has an id that begins so."""


class SchemaError(StoreError):
    """The store was written by a version of the schema that this one cannot read."""


class EncoderMismatchError(StoreError):
    """The vectors in the store were made by another encoder than the one in the settings."""


class ModelError(QABotError):
    """A model cannot be found, compiled or loaded."""


class DatasetError(QABotError):
    """A file of questions is not JSON in SQuAD format."""


class QuestionError(QABotError):
    """A question that cannot be asked."""


class QuestionTimeoutError(QABotError):
    """The passages for a question cannot be read in the time that a setting allows."""
