"""What a request asks for, read from its address or its body."""

from __future__ import annotations

import asyncio

from aiohttp import web
from pydantic import ValidationError

from embeddings.filters import ArticleFilter
from qa_bot.http.connections import Connections
from qa_bot.http.listener import BODY_SECONDS
from qa_bot.retrieval.filter_syntax import make_filter
from qa_bot.serve.openapi import Question
from qa_bot.serve.page import Asked

_FIELDS = {"question": "q", "publisher": "publisher", "since": "since", "until": "until"}
_LONGEST_NUMBER = 11


async def read_question(request: web.Request, connections: Connections) -> Question:
    """The question in a request's body.

    Raises:
        aiohttp.web.HTTPException: the body is not a question, or does not arrive in time.
    """
    if request.content_type != "application/json":
        raise web.HTTPBadRequest(text="send JSON, with Content-Type: application/json")
    try:
        async with asyncio.timeout(BODY_SECONDS):
            body = await request.read()
        connections.request_is_whole(request)
        return Question.model_validate_json(body)
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the body"
        raise web.HTTPBadRequest(text=f"{place}: {first['msg']}; see /openapi.json") from error
    except (web.RequestPayloadError, ConnectionError) as error:
        raise web.HTTPBadRequest(text="the body is incomplete") from error


def read_form(request: web.Request) -> Asked:
    """What was typed into the page."""
    return Asked(**{name: request.query.get(field, "").strip() for name, field in _FIELDS.items()})


def filter_of_form(asked: Asked) -> ArticleFilter:
    """The filter on the page; an empty field filters nothing.

    Raises:
        QuestionError: a date is not one, or the dates are in the wrong order.
    """
    publishers = [asked.publisher] if asked.publisher else []
    return make_filter(publishers, [], asked.since or None, asked.until or None)


def read_filter(request: web.Request) -> ArticleFilter:
    """The filter in a request's address.

    Raises:
        QuestionError: see `make_filter`.
    """
    several = {name: request.query.getall(name, []) for name in ("publisher", "source")}
    return make_filter(several["publisher"], several["source"], request.query.get("since"), request.query.get("until"))


def read_number(request: web.Request, name: str, default: int) -> int:
    """A whole number in a request's address.

    Raises:
        aiohttp.web.HTTPBadRequest: it is not one.
    """
    given = request.query.get(name, str(default))
    if not (given.isascii() and given.isdecimal() and len(given) <= _LONGEST_NUMBER):
        raise web.HTTPBadRequest(text=f"{name}: {given[:50]!r} is not a whole number from 0 up")
    return int(given)
