"""The Web API over HTTP: tokens, scopes, bodies, rate limits and errors; the methods are in `methods/`."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

from aiohttp import web

from slack_emulator.faults import Fault, Faults
from slack_emulator.live_text import LiveText
from slack_emulator.methods import METHODS, Method, SlackError
from slack_emulator.workspace import CONFIG_TOKEN, TEAM_ID, Call, Workspace


class WebApi:
    """Answers calls of methods as Slack does, and files of the workspace.

    Args:
        workspace: what the methods read and change.
        faults: which calls fail.
        publish: sends an event to the app.
        open_socket: gives a new WebSocket address.

    Attributes:
        token, team: of the call that is being answered: its token, and the workspace that it is for.
    """

    def __init__(
        self,
        workspace: Workspace,
        faults: Faults,
        publish: Callable[[dict[str, Any]], object],
        open_socket: Callable[[], str],
    ) -> None:
        self.workspace = workspace
        self.faults = faults
        self.publish = publish
        self.open_socket = open_socket
        self.live_text = LiveText(workspace)
        self.base_url = ""
        self.team = TEAM_ID
        self.token: str | None = None
        self.response_urls: dict[str, Callable[[dict[str, Any]], None]] = {}

    def routes(self) -> list[web.RouteDef]:
        """Where the server answers."""
        return [
            web.post("/api/{method}", self._call),
            web.get("/api/{method}", self._call),
            web.post("/response/{key}", self._respond),
            web.get("/files-pri/{rest:.*}", self._download),
        ]

    async def _call(self, request: web.Request) -> web.Response:
        name = request.match_info["method"]
        token, arguments = await _read(request)
        self.token, self.team = token, self.workspace.tokens.get(str(token), TEAM_ID)
        call = Call(name, arguments, at=time.monotonic(), team=self.team)
        with self.workspace.changed:
            self.workspace.calls.append(call)
        fault = self.faults.of(name, arguments)
        headers = {"X-OAuth-Scopes": ",".join(sorted(self.workspace.scopes)), "X-Slack-Req-Id": "emulated"}
        try:
            answer = self._answer(name, token, arguments) if fault is None or fault.after else {}
        except SlackError as error:
            call.error = error.code
            answer = {"ok": False, "error": error.code, **error.more}
        if fault is not None:
            call.error = fault.error
        await asyncio.sleep(self.faults.late.get(name, 0))
        return _failed(fault, headers) if fault else web.json_response({"ok": True, **answer}, headers=headers)

    def _answer(self, name: str, token: str | None, arguments: dict[str, Any]) -> dict[str, Any]:
        method = METHODS.get(name)
        if method is None:
            self.workspace.violation(f"{name}: the emulator knows no such method")
            raise SlackError("unknown_method")
        with self.workspace.change():
            self._check_token(method, token)
            self._check_arguments(name, method, arguments)
            return method.run(self, arguments)

    def _check_token(self, method: Method, token: str | None) -> None:
        if method.token == "none":
            return
        if not token:
            raise SlackError("not_authed")
        if self.workspace.revoked:
            raise SlackError("token_revoked")
        if token not in (
            *self.workspace.tokens,
            *self.workspace.step_tokens.values(),
            *self.workspace.app_tokens,
            CONFIG_TOKEN,
        ):
            raise SlackError("invalid_auth")
        if (token == CONFIG_TOKEN) != (method.token == "config"):
            raise SlackError("not_allowed_token_type")
        if method.token not in ("any", "config") and (token in self.workspace.app_tokens) != (method.token == "app"):
            raise SlackError("not_allowed_token_type")
        if method.scopes and not self.workspace.scopes.intersection(method.scopes):
            raise SlackError("missing_scope", needed=method.scopes[0], provided=",".join(sorted(self.workspace.scopes)))

    def _check_arguments(self, name: str, method: Method, arguments: dict[str, Any]) -> None:
        for missing in [needed for needed in method.required if arguments.get(needed) in (None, "")]:
            self.workspace.violation(f"{name}: the argument {missing} is missing")
            raise SlackError("invalid_arguments", response_metadata={"messages": [f"[ERROR] missing: {missing}"]})
        for unknown in arguments.keys() - {"token", "team_id", *method.required, *method.optional}:
            self.workspace.violation(f"{name}: Slack knows no argument {unknown}")

    async def _respond(self, request: web.Request) -> web.Response:
        use = self.response_urls.get(request.match_info["key"])
        if self.faults.down:
            return web.Response(status=503)
        if fault := self.faults.planned("response_url"):
            return web.Response(status=fault.status, text=fault.error)
        if use is None:
            self.workspace.violation(f"a response_url that is used up or unknown: {request.path}")
            return web.Response(status=404, text="used_url")
        try:
            with self.workspace.change():
                use(await request.json())
        except SlackError as error:
            return web.Response(status=404, text=error.code)
        return web.Response(text="ok")

    async def _download(self, request: web.Request) -> web.Response:
        file = self.workspace.files.get(request.match_info["rest"].split("/")[0].partition("-")[2])
        file_team = self.workspace.users[file.user].team_id if file else TEAM_ID
        team = self.workspace.tokens.get(request.headers.get("Authorization", "").removeprefix("Bearer "))
        if team != file_team or "files:read" not in self.workspace.scopes:
            return web.Response(text="<!DOCTYPE html><title>Sign in | Slack</title>", content_type="text/html")
        if file is None:
            return web.Response(status=404)
        with self.workspace.change():
            file.downloads += 1
        return web.Response(body=file.content, content_type=file.mimetype)


def _failed(fault: Fault, headers: dict[str, str]) -> web.Response:
    if fault.retry_after:
        headers = {**headers, "Retry-After": str(fault.retry_after)}
    if fault.status >= 500:
        return web.Response(status=fault.status, text="<html>upstream error</html>", headers=headers)
    return web.json_response({"ok": False, "error": fault.error}, status=fault.status, headers=headers)


async def _read(request: web.Request) -> tuple[str | None, dict[str, Any]]:
    """The token and the arguments of a call, from its headers, query and body."""
    arguments: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        arguments |= json.loads(await request.text() or "{}")
    else:
        arguments |= {name: _value(str(value)) for name, value in (await request.post()).items()}
    header = request.headers.get("Authorization", "")
    token = header.removeprefix("Bearer ") if header.startswith("Bearer ") else None
    token = arguments.pop("token", None) or token
    return token, {name: value for name, value in arguments.items() if value is not None}


def _value(text: str) -> Any:
    """An argument of a form: objects and lists are written in JSON there."""
    if text[:1] in "[{":
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text
