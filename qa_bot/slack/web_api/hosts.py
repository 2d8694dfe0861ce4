"""Which addresses are Slack's: only there go the bot's token and what only one person shall see."""

from __future__ import annotations

from urllib.parse import urlsplit

HOSTS = (".slack.com", ".slack-edge.com", ".slack-files.com", ".slack-gov.com")


def is_slacks(url: str, api_url: str) -> bool:
    """Whether an address is one of Slack's own: https at one of its hosts, or where its Web API is.

    Args:
        url: from a request or an event.
        api_url: of the Web API, as the settings name it.
    """
    try:
        asked, own = urlsplit(url), urlsplit(api_url)
        if "@" in asked.netloc or "\\" in url:
            return False
        if (asked.scheme, asked.hostname, asked.port) == (own.scheme, own.hostname, own.port):
            return True
        return asked.scheme == "https" and f".{asked.hostname}".endswith(HOSTS)
    except ValueError:
        return False
