"""``python -m qa_bot`` is the command `qa-bot`."""

import sys

from qa_bot.cli import main

if __name__ == "__main__":
    sys.exit(main())
