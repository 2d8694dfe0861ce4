"""Draws the pictures of the README from what qa-bot says today: ``python docs/pictures/make.py``.

It indexes ``seeds/`` into a temporary store, asks there, and writes ``terminal.svg`` and ``slack.svg`` beside this file.
A test compares the committed pictures with what qa-bot says, so run this when an answer or a message changes.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from slack_svg import SlackApp, draw_thread
from terminal_svg import draw_terminal, record_repl

from qa_bot import QABot, load_settings
from qa_bot.slack.settings import Language
from qa_bot.slack.views.blocks import answer_message
from qa_bot.slack.views.languages import texts_in

PICTURES = Path(__file__).parent
ROOT = PICTURES.parents[1]
QUESTIONS = ("Who was the first woman at the bottom of Challenger Deep?", "and when?", "How much did the dive cost?")


def terminal_picture(data_dir: Path, cache_dir: Path) -> str:
    """The REPL with a question, a follow-up, and a question that the articles do not answer, as SVG.

    Args:
        data_dir: folder of a store that holds ``seeds/``.
        cache_dir: folder of the compiled models.
    """
    return draw_terminal(record_repl(QUESTIONS, data_dir, cache_dir), "qa-bot repl")


def slack_picture(bot: QABot) -> str:
    """A question in a Slack channel and its answer in the thread, as SVG: the blocks are those that the app posts."""
    manifest = json.loads((ROOT / "deploy" / "slack" / "manifest.json").read_text())
    app = SlackApp(
        manifest["features"]["bot_user"]["display_name"], manifest["display_information"]["background_color"]
    )
    blocks = answer_message([bot.ask(QUESTIONS[0])], texts_in(Language.ENGLISH)).blocks
    return draw_thread(app, QUESTIONS[0], blocks)


def main() -> None:
    """Makes both pictures."""
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(data_dir=Path(folder))
        with QABot(settings) as bot:
            bot.reindex([str(ROOT / "seeds")])
            (PICTURES / "slack.svg").write_text(slack_picture(bot))
        (PICTURES / "terminal.svg").write_text(terminal_picture(settings.data_dir, settings.cache_dir))


if __name__ == "__main__":
    main()
