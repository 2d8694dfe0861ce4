"""A file of settings in which every setting is a comment: what it does, what it takes, and its default."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from qa_bot.settings import Settings, accepted_values

_HEADER = """\
# The settings of qa-bot.  Remove the # before a setting to change it; what stays a comment has its default.
# An option of a command wins over an environment variable (QA_BOT_THRESHOLD), which wins over this file.
# To see what counts, and from where: qa-bot config
"""
_SLACK = """\

# The Slack app: qa-bot slack.  Tokens and secrets stay in the environment: SLACK_BOT_TOKEN, SLACK_APP_TOKEN and others.
# [slack]
"""
_CHANNEL = """\

# What one channel has otherwise, by its id.
# [slack.channels.C0123456789]
# mode = "auto"
"""
_EXAMPLES = {"threshold": 0.7, "possible_threshold": 0.4, "language": "de", "team_answers": True}
"""What is written for a setting that has no default; TOML has no word for that."""
_WIDTH = 116


def config_template() -> str:
    """The text of the file; TOML, also once the settings in it are no comments any more."""
    from qa_bot.slack.settings import SlackSettings

    lines = [_HEADER, *_fields(Settings, accepted_values)]
    lines += [_SLACK, *_fields(SlackSettings, lambda _: ""), _CHANNEL]
    return "\n".join(lines)


def _fields(model: type[BaseModel], accepted: Any) -> Iterator[str]:
    for name, field in model.model_fields.items():
        if field.exclude or name == "channels":
            continue
        default = _default(name, field)
        limits = f" ({accepted(name)})" if accepted(name) else ""
        unset = "; not set by default" if field.default is None and field.default_factory is None else ""
        about = textwrap.wrap(f"{field.description}{limits}{unset}", _WIDTH)
        yield "\n".join([*(f"## {line}" for line in about), f"# {name} = {_toml(default)}", ""])


def _default(name: str, field: FieldInfo) -> Any:
    default = field.get_default(call_default_factory=True, validated_data={})
    return _EXAMPLES[name] if default is None else default


def _toml(value: Any) -> str:
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, Path):
        value = str(value)
    if isinstance(value, tuple):
        value = list(value)
    return json.dumps(value, ensure_ascii=False)
