"""A small language for what a JSON value must look like, with the messages that Slack gives when it does not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


class Problems(list[str]):
    """What is wrong with a value."""

    def add(self, pointer: str, message: str) -> None:
        """Records one problem, as Slack words it in `response_metadata.messages`."""
        self.append(f"[ERROR] {message} [json-pointer:{pointer}]")


Rule = Callable[[Any, str, Problems], None]
"""Checks a value at a JSON pointer, and records its problems."""


def string(most: int, least: int = 1) -> Rule:
    """A string of so many characters."""

    def check(value: Any, pointer: str, problems: Problems) -> None:
        if not isinstance(value, str):
            problems.add(pointer, "must be a string")
        elif len(value) < least:
            problems.add(pointer, f"must be more than {least - 1} characters")
        elif len(value) > most:
            problems.add(pointer, f"must be less than {most + 1} characters")

    return check


def boolean(value: Any, pointer: str, problems: Problems) -> None:
    """True or false."""
    if not isinstance(value, bool):
        problems.add(pointer, "must be a boolean")


def number(value: Any, pointer: str, problems: Problems) -> None:
    """A whole number."""
    if not isinstance(value, int) or isinstance(value, bool):
        problems.add(pointer, "must be an integer")


def anything(value: Any, pointer: str, problems: Problems) -> None:
    """Any value."""


def one_of(*values: Any) -> Rule:
    """One of these values."""

    def check(value: Any, pointer: str, problems: Problems) -> None:
        if value not in values:
            problems.add(pointer, f"must be a valid enum value: {', '.join(map(str, values))}")

    return check


def several(most: int, rule: Rule, least: int = 1) -> Rule:
    """A list of so many values that each keep a rule."""

    def check(value: Any, pointer: str, problems: Problems) -> None:
        if not isinstance(value, list):
            problems.add(pointer, "must be an array")
            return
        if len(value) < least:
            problems.add(pointer, f"no less than {least} items required")
        if len(value) > most:
            problems.add(pointer, f"no more than {most} items allowed")
        for index, item in enumerate(value):
            rule(item, f"{pointer}/{index}", problems)

    return check


def fields(required: Mapping[str, Rule], optional: Mapping[str, Rule] | None = None) -> Rule:
    """An object with these fields and no others."""
    known = {**required, **(optional or {})}

    def check(value: Any, pointer: str, problems: Problems) -> None:
        if not isinstance(value, dict):
            problems.add(pointer, "must be an object")
            return
        for name in required.keys() - value.keys():
            problems.add(pointer, f"missing required field: {name}")
        for name, inner in value.items():
            if name == "type" and name not in known:
                continue
            if name not in known:
                problems.add(pointer, f"invalid additional property: {name}")
            else:
                known[name](inner, f"{pointer}/{name}", problems)

    return check


def typed(kinds: Mapping[str, Rule]) -> Rule:
    """An object whose `type` says which rule it must keep."""

    def check(value: Any, pointer: str, problems: Problems) -> None:
        kind = str(value.get("type")) if isinstance(value, dict) else ""
        if kind not in kinds:
            problems.add(pointer, f"unsupported type: {kind}")
        else:
            kinds[kind](value, pointer, problems)

    return check
