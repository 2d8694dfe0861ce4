"""What people say to a bot beside questions: greetings, thanks, goodbyes, calls for help."""

from __future__ import annotations

import re
from enum import Enum


class SmallTalk(Enum):
    """What is answered without a search."""

    HELLO = (
        "hello|hi|hey|hi there|hello there|hey there|hiya|good morning|good afternoon|good evening|howdy|yo|moin|hallo|servus|"
        "guten morgen|guten tag|guten abend|grüß dich|grüezi|bonjour|hola|ciao"
    )
    THANKS = (
        "thanks|thank you|thank you very much|thanks a lot|many thanks|thx|ty|cheers|great thanks|ok thanks|okay thanks|"
        "cool thanks|perfect thanks|perfect thank you|great thank you|ok thank you|thanks so much|thank you so much|"
        "much appreciated|danke|danke schön|dankeschön|vielen dank|danke sehr|besten dank|merci|gracias|super danke|ok danke"
    )
    GOODBYE = "bye|goodbye|good bye|bye bye|see you|see you later|good night|tschüss|tschüß|auf wiedersehen|ciao ciao"
    HELP = (
        "help|help me|?|what can you do|who are you|what are you|how do you work|how does this work|how does it work|"
        "how do i use this|how do i use you|hilfe|was kannst du|wer bist du|wie funktioniert das|wie geht das"
    )


def small_talk(text: str) -> SmallTalk | None:
    """The kind of small talk that a text is; None if it is none."""
    words = re.sub(r":[\w+-]+:|[^\w\s?]", " ", text.casefold())
    words = " ".join(words.split())
    bare = words.rstrip("? ") or words[:1]
    return next((kind for kind in SmallTalk if bare in kind.value.split("|")), None)
