"""Which workspaces belong to the bot's own organisation: in an Enterprise Grid, people of sibling workspaces are no strangers."""

from __future__ import annotations

import logging

from slack_sdk.web.async_client import AsyncWebClient

from qa_bot.slack.incoming.requests import mapping
from qa_bot.slack.web_api.calls import CALL_ERRORS, error_code

TEAMS_KNOWN = 10_000

_log = logging.getLogger(__name__)


class Organisations:
    """Asks Slack for a person's organisation, once for each workspace."""

    def __init__(self) -> None:
        self._of_team: dict[tuple[str, str], bool] = {}

    async def has(self, client: AsyncWebClient, enterprise: str, person: str, team: str) -> bool:
        """Whether a person of a workspace belongs to an organisation; False if Slack does not say.

        Args:
            client: of the bot's workspace.
            enterprise: id of the organisation.
            person: id of the person.
            team: id of their workspace.
        """
        known = self._of_team.get((enterprise, team))
        if known is not None:
            return known
        try:
            user = mapping((await client.users_info(user=person)).get("user"))
        except CALL_ERRORS as error:
            _log.warning("cannot look up a person's organisation: %s", error_code(error) or type(error).__name__)
            return False
        own = mapping(user.get("enterprise_user")).get("enterprise_id") == enterprise
        if len(self._of_team) >= TEAMS_KNOWN:
            del self._of_team[next(iter(self._of_team))]
        self._of_team[enterprise, team] = own
        return own
