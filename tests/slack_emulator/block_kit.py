"""Block Kit: which blocks and elements there are, where they may stand, and their limits.

The limits are those of https://docs.slack.dev/reference/block-kit/.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from slack_emulator.rules import Problems, Rule, anything, boolean, fields, number, one_of, several, string, typed

BLOCKS_A_MESSAGE = 50
BLOCKS_A_VIEW = 100
CHARACTERS_A_MESSAGE = 13_200
"""What all the text in the blocks of a message may add up to (`msg_blocks_too_long`)."""


def plain(most: int) -> Rule:
    """A plain text object."""
    return typed({"plain_text": fields({"text": string(most)}, {"emoji": boolean})})


def text(most: int) -> Rule:
    """A text object, plain or mrkdwn."""
    mrkdwn = fields({"text": string(most)}, {"verbatim": boolean})
    return typed({"plain_text": fields({"text": string(most)}, {"emoji": boolean}), "mrkdwn": mrkdwn})


CONFIRM = fields(
    {"title": plain(100), "text": text(300), "confirm": plain(30), "deny": plain(30)},
    {"style": one_of("primary", "danger")},
)
OPTION = fields({"text": text(75), "value": string(150)}, {"description": text(75), "url": string(3000)})
OPTIONS = several(100, OPTION)
ACTION = {"action_id": string(255)}
FOCUS = {"focus_on_load": boolean}
PLACEHOLDER = {"placeholder": plain(150)}
DISPATCH = fields({}, {"trigger_actions_on": several(2, one_of("on_enter_pressed", "on_character_entered"), least=1)})
IMAGE = fields({"alt_text": string(2000)}, {"image_url": string(3000), "slack_file": anything})
BUTTON = fields(
    {"text": plain(75)},
    ACTION
    | {"url": string(3000), "value": string(2000), "style": one_of("primary", "danger"), "confirm": CONFIRM}
    | {"accessibility_label": string(75)},
)
FEEDBACK_BUTTON = fields({"text": plain(75), "value": string(2000)}, {"accessibility_label": string(75)})
FEEDBACK_BUTTONS = fields({"positive_button": FEEDBACK_BUTTON, "negative_button": FEEDBACK_BUTTON}, ACTION)
ICON_BUTTON = fields(
    {"icon": one_of("trash"), "text": plain(75)},
    ACTION
    | {"value": string(2000), "confirm": CONFIRM, "accessibility_label": string(75), "visible_to_user_ids": anything},
)
OVERFLOW = fields({"options": several(5, OPTION)}, ACTION | {"confirm": CONFIRM})
CHOICE = fields(
    {"options": several(10, OPTION)},
    ACTION | FOCUS | {"initial_option": OPTION, "initial_options": OPTIONS, "confirm": CONFIRM},
)
SELECT = fields(
    {"options": OPTIONS},
    ACTION
    | FOCUS
    | PLACEHOLDER
    | {"initial_option": OPTION, "initial_options": OPTIONS, "confirm": CONFIRM, "max_selected_items": number},
)
SELECT_ONE_OF_OURS = fields(
    {},
    ACTION
    | FOCUS
    | PLACEHOLDER
    | {"confirm": CONFIRM, "initial_user": anything, "initial_channel": anything, "initial_conversation": anything}
    | {"response_url_enabled": boolean, "default_to_current_conversation": boolean, "filter": anything},
)
TEXT_INPUT = fields(
    {},
    ACTION
    | FOCUS
    | PLACEHOLDER
    | {"initial_value": string(3000, least=0), "multiline": boolean, "min_length": number, "max_length": number}
    | {"dispatch_action_config": DISPATCH},
)
CLICKED: dict[str, Rule] = {
    "button": BUTTON,
    "static_select": SELECT,
    "overflow": OVERFLOW,
    "radio_buttons": CHOICE,
    "checkboxes": CHOICE,
    "users_select": SELECT_ONE_OF_OURS,
    "channels_select": SELECT_ONE_OF_OURS,
    "conversations_select": SELECT_ONE_OF_OURS,
}
TYPED_IN: dict[str, Rule] = {
    "plain_text_input": TEXT_INPUT,
    "url_text_input": TEXT_INPUT,
    **{kind: rule for kind, rule in CLICKED.items() if kind not in ("button", "overflow")},
}
STYLE = {
    "style": fields(
        {},
        dict.fromkeys(("bold", "italic", "strike", "code", "highlight", "client_highlight", "unlink"), boolean)
        | {"underline": boolean},
    )
}
INLINE = typed(
    {
        "text": fields({"text": string(12_000)}, STYLE),
        "link": fields({"url": string(3000)}, STYLE | {"text": string(3000), "unsafe": boolean}),
        "emoji": fields({"name": string(100)}, STYLE | {"unicode": anything, "skin_tone": number}),
        "user": fields({"user_id": string(20)}, STYLE),
        "channel": fields({"channel_id": string(20)}, STYLE),
        "usergroup": fields({"usergroup_id": string(20)}, STYLE),
        "broadcast": fields({"range": one_of("here", "channel", "everyone")}, STYLE),
        "date": fields(
            {"timestamp": number, "format": string(200)}, STYLE | {"url": string(3000), "fallback": anything}
        ),
        "color": fields({"value": string(20)}, STYLE),
    }
)
SECTION_OF_RICH_TEXT = fields({"elements": several(1000, INLINE, least=0)}, {"border": number})
RICH_TEXT_PARTS = typed(
    {
        "rich_text_section": SECTION_OF_RICH_TEXT,
        "rich_text_quote": SECTION_OF_RICH_TEXT,
        "rich_text_preformatted": SECTION_OF_RICH_TEXT,
        "rich_text_list": fields(
            {
                "elements": several(1000, typed({"rich_text_section": SECTION_OF_RICH_TEXT})),
                "style": one_of("bullet", "ordered"),
            },
            {"indent": number, "offset": number, "border": number},
        ),
    }
)
ID = {"block_id": string(255)}
EVERYWHERE: dict[str, Rule] = {
    "section": fields(
        {},
        ID
        | {"text": text(3000), "fields": several(10, text(2000)), "expand": boolean}
        | {"accessory": typed({**CLICKED, "image": IMAGE})},
    ),
    "divider": fields({}, ID),
    "header": fields({"text": plain(150)}, ID),
    "context": fields(
        {"elements": several(10, typed({"image": IMAGE, "plain_text": text(3000), "mrkdwn": text(3000)}))}, ID
    ),
    "actions": fields({"elements": several(25, typed(CLICKED))}, ID),
    "image": fields(
        {"alt_text": string(2000)}, ID | {"image_url": string(3000), "slack_file": anything, "title": plain(2000)}
    ),
    "rich_text": fields({"elements": several(1000, RICH_TEXT_PARTS)}, ID),
    "input": fields(
        {"label": plain(2000), "element": typed(TYPED_IN)},
        ID | {"hint": plain(2000), "optional": boolean, "dispatch_action": boolean},
    ),
}
IN_MESSAGES: dict[str, Rule] = {
    **EVERYWHERE,
    "markdown": fields({"text": string(12_000)}, ID),
    "context_actions": fields(
        {"elements": several(5, typed({"feedback_buttons": FEEDBACK_BUTTONS, "icon_button": ICON_BUTTON}))}, ID
    ),
}
MODAL = fields(
    {"title": plain(24), "blocks": several(BLOCKS_A_VIEW, typed(EVERYWHERE))},
    {"close": plain(24), "submit": plain(24), "private_metadata": string(3000, least=0), "callback_id": string(255)}
    | {"clear_on_close": boolean, "notify_on_close": boolean, "external_id": string(255), "submit_disabled": boolean},
)
HOME = fields(
    {"blocks": several(BLOCKS_A_VIEW, typed(EVERYWHERE))},
    {"private_metadata": string(3000, least=0), "callback_id": string(255), "external_id": string(255)},
)


def check_blocks(blocks: Any) -> Problems:
    """What is wrong with the blocks of a message."""
    problems = Problems()
    several(BLOCKS_A_MESSAGE, typed(IN_MESSAGES), least=0)(blocks, "/blocks", problems)
    if not problems:
        _check_ids(blocks, problems)
    return problems


def check_view(view: Any) -> Problems:
    """What is wrong with a modal or an App Home."""
    problems = Problems()
    typed({"modal": MODAL, "home": HOME})(view, "/view", problems)
    if not problems:
        _check_ids(view["blocks"], problems)
        if view["type"] == "modal" and "submit" not in view and any(b["type"] == "input" for b in view["blocks"]):
            problems.add("/view/submit", "missing required field: submit")
    return problems


def _check_ids(blocks: list[dict[str, Any]], problems: Problems) -> None:
    for block_id, count in Counter(block["block_id"] for block in blocks if "block_id" in block).items():
        if count > 1:
            problems.add("/blocks", f"block_id already exists: {block_id}")
    for index, block in enumerate(blocks):
        ids = Counter(element["action_id"] for element in elements_of(block) if "action_id" in element)
        for action_id, count in ids.items():
            if count > 1:
                problems.add(f"/blocks/{index}", f"action_id already exists: {action_id}")
        if block["type"] == "section" and not ("text" in block or "fields" in block):
            problems.add(f"/blocks/{index}", "missing required field: text or fields")


def elements_of(block: dict[str, Any]) -> list[dict[str, Any]]:
    """The elements of a block that a person can use."""
    if block["type"] in ("actions", "context_actions"):
        return list(block["elements"])
    element = block.get("accessory") or block.get("element")
    return [element] if element else []


def inside(value: Any, pointer: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object in a value, with its JSON pointer."""
    if isinstance(value, dict):
        yield pointer, value
        for name, inner in value.items():
            yield from inside(inner, f"{pointer}/{name}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from inside(inner, f"{pointer}/{index}")


def characters(blocks: Any) -> int:
    """How many characters of text the blocks of a message hold."""
    return sum(len(part["text"]) for _, part in inside(blocks) if isinstance(part.get("text"), str))
