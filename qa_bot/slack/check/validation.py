"""Asks Slack itself whether it takes our messages, views and manifest.

https://docs.slack.dev/reference/methods/blocks.validate, https://docs.slack.dev/reference/methods/apps.manifest.validate
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

import qa_bot
from qa_bot.slack.check.shapes import Shape, shapes
from qa_bot.slack.views.texts import Texts
from qa_bot.slack.web_api.calls import error_code

REFUSED = frozenset({"invalid_blocks", "invalid_message", "invalid_view", "invalid_manifest"})
ERRORS_SHOWN = 3
SHIPPED = Path(qa_bot.__file__).parents[1] / "deploy" / "slack"
"""Where the manifests are in a clone; an installed package has none."""


class Verdict(NamedTuple):
    """Whether Slack takes something (None: it does not say), and what it says."""

    right: bool | None
    words: str


async def validate_shapes(client: AsyncWebClient, texts: Texts, person: str) -> Verdict:
    """Whether Slack takes one of each message and view that the app sends.

    Args:
        client: of the bot.
        texts: in the language of the app.
        person: id of somebody who may be mentioned.
    """
    taken, wrong = 0, []
    for shape in shapes(texts, person):
        verdict = await _ask(client, "blocks.validate", _arguments(shape))
        if verdict.right is None:
            return verdict
        taken += verdict.right
        wrong += [] if verdict.right else [f"{shape.name}: {verdict.words}"]
    if wrong:
        return Verdict(False, f"Slack refuses {'; '.join(wrong)}; update qa-bot, or report this line")
    return Verdict(True, f"Slack takes all {taken} kinds")


async def validate_manifests(client: AsyncWebClient, exported: Mapping[str, Any], *, http: bool) -> dict[str, Verdict]:
    """Whether Slack takes the app's own manifest, and the one that is shipped, by their names.

    Args:
        client: with a configuration token.
        exported: the app's manifest, as Slack exports it.
        http: whether the app serves by HTTP.
    """
    manifests = {"app": exported}
    shipped = SHIPPED / ("manifest-http.json" if http else "manifest.json")
    if shipped.is_file():
        manifests[shipped.name] = json.loads(shipped.read_text(encoding="utf-8"))
    verdicts = {}
    for name, manifest in manifests.items():
        verdict = await _ask(client, "apps.manifest.validate", {"manifest": json.dumps(manifest)})
        verdicts[name] = verdict._replace(words=verdict.words or "Slack takes it")
    return verdicts


def _arguments(shape: Shape) -> dict[str, str]:
    return {shape.argument: json.dumps(shape.content)}


async def _ask(client: AsyncWebClient, method: str, arguments: Mapping[str, str]) -> Verdict:
    try:
        # As a form: the SDK's own methods put everything into the address, which is too short for a view.
        await client.api_call(method, data=dict(arguments))
    except SlackApiError as error:
        code = error_code(error)
        if code not in REFUSED:
            return Verdict(None, f"cannot be checked: Slack says {code or 'nothing'} to {method}")
        return Verdict(False, _errors(error) or code)
    return Verdict(True, "")


def _errors(error: SlackApiError) -> str:
    """What Slack finds wrong, and where."""
    response: Any = error.response
    errors = response.get("errors") or []
    found = [f"{one.get('pointer')} {one.get('message')}" if isinstance(one, dict) else str(one) for one in errors]
    return ", ".join(found[:ERRORS_SHOWN])
