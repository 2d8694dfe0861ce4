"""Sentence boundaries in news text, as character offsets into the text as it stands.

The rules are our own: of pysbd, NLTK Punkt, syntok, sentencex, razdel, blingfire, choppa and cleave, none
passes the table of hard cases in `tests/embeddings/test_sentences.py`; the best, sentencex, passes 4 in 5.

A text is cut in three steps, each linear in its length: into blocks at blank lines; into stretches where a
line was ended on purpose (headings, list items, one paragraph a line); into sentences at their stops.
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import regex

QUOTATION_LIMIT = 400
"""Longest quotation or bracket, in characters, that is kept whole; a longer one is cut at its inner stops."""


LONGEST_SENTENCE = 2000
"""Longest sentence, in characters; a text without stops, as transcripts are, is cut between words at this length.

What is embedded and read as one must be bounded.  Of 82,000 sentences of news and of remarks with stops, two are longer.
"""


_LONGEST_CHARACTER = 100
"""Code points of one character as people see it; longer ones are cut."""


class Span(NamedTuple):
    """A half-open range `text[start:end]`, in characters (`str` indices, that is code points)."""

    start: int
    end: int


def split_sentences(text: str) -> list[Span]:
    """Finds the sentences of a text.

    A quotation or bracket of at most `QUOTATION_LIMIT` characters is never cut, so a quote that spans
    sentence ends is one sentence with its reporting clause. A quote that is never closed holds nothing
    together. A blank line always ends a sentence; a single line break does only where the line was ended on
    purpose.

    Args:
        text: any string; it need not be English, well-formed or normalised.

    Returns:
        The sentences in order, without overlap and without outer whitespace, none longer than `LONGEST_SENTENCE`.
        Every character of the text that is not whitespace lies in exactly one.

    Example:
        >>> split_sentences("Gen. Mattis spoke. He left.")
        [Span(start=0, end=18), Span(start=19, end=27)]
    """
    cuts = [cut for start, end in _stretches(text) for cut in _sentence_ends(text, start, end)]
    spans: list[Span] = []
    start = 0
    for end in cuts:
        sentence = text[start:end]
        trimmed = sentence.strip()
        if trimmed:
            first = start + len(sentence) - len(sentence.lstrip())
            spans += _bounded(text, first, first + len(trimmed))
        start = end
    return spans


def _bounded(text: str, start: int, end: int) -> Iterator[Span]:
    """The sentence, in pieces of at most `LONGEST_SENTENCE` characters, cut between words where there are any."""
    while end - start > LONGEST_SENTENCE:
        space = max(
            text.rfind(" ", start + 1, start + LONGEST_SENTENCE), text.rfind("\n", start + 1, start + LONGEST_SENTENCE)
        )
        cut = space if space > start + LONGEST_SENTENCE // 2 else _between_characters(text, start + LONGEST_SENTENCE)
        piece = text[start:cut]
        yield Span(start, start + len(piece.rstrip()))
        start = cut
        while text[start].isspace():
            start += 1
    yield Span(start, end)


def _between_characters(text: str, at: int) -> int:
    """A place at `at` or shortly before it that lies between two characters as people see them (Unicode's grapheme clusters)."""
    ends = [
        cluster.end()
        for cluster in regex.finditer(r"\X", text, pos=at - _LONGEST_CHARACTER, endpos=at + _LONGEST_CHARACTER)
    ]
    return max((end for end in ends if end <= at), default=at)


# --- Words that decide --------------------------------------------------------------------------------------


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


# Never the end of a sentence: a name or an example follows.
_NEVER_LAST = _words(
    "Mr Mrs Ms Mx Messrs Dr Drs Prof Rev Fr Hon Pres Gov Govs Lt Sen Sens Rep Reps Atty Amb Supt Gen Col "
    "Maj Capt Cmdr Adm Cpl Sgt Pvt Pfc Brig Insp Det Cllr Mt Ft Sra Dra Mme Mlle им ул gen sen gov lt sgt "
    "capt col prof dr mr mrs ms e.g i.e eg ie viz cf vs v a.k.a approx ca"
)
# Abbreviations before a number; before anything else they are ordinary words.
_BEFORE_NUMBER = _words(
    "No no Nos nos Nr Vol vol p pp Fig fig Figs figs Eq Art Sec Ch ch Chap Op op Tel Ext c ca est Jan Feb "
    "Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec Mon Tue Tues Wed Thu Thur Thurs Fri Sat Sun"
)

# As often inside a sentence as at its end (so are initials and U.S.): only the next word tells.
_PERHAPS_LAST = _words(
    "Inc Corp Co Cos Ltd Bros Llc Assn Dept Univ Intl Jr Sr Esq PhD al St Ave Blvd Rd Hwy Pkwy Sq Bldg Ala "
    "Ariz Ark Calif Colo Conn Del Fla Ga Ill Ind Kan Ky La Md Mass Mich Minn Miss Mo Mont Neb Nev Okla Ore "
    "Pa Penn Tenn Tex Va Vt Wash Wis Wyo Alta Ont Que Sask"
)
_STARTERS = _words(
    "A According After All Also Although Among An And Another Any As At Because Before Both But By Despite "
    "During Each Earlier Even Every Few For From He Her Here His How However I If In Instead It Its Just "
    "Last Later Let Many Meanwhile More Moreover Most My Nevertheless No Nor Not Nothing Now Of On Once One "
    "Only Or Other Our She Since So Some Still Such That The Their Then There These They This Those Though "
    "Through To Today Under Until We What When Where Whether Which While Who Why With Yes Yet You Your"
)

_TIMES = _words("a.m p.m A.M P.M")
_AFTER_TIME = _words(
    "Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April May June July "
    "August September October November December Eastern Central Mountain Pacific Greenwich GMT UTC BST CET "
    "CEST ET EST EDT CT CST CDT MT MST MDT PT PST PDT IST JST KST MSK"
)

# A line that ends in one of these was not ended on purpose.
_CONNECTIVES = _words(
    "a an and are as at but by for from has have in into is it its not of on or over said that the their to "
    "was were which who will with"
)

# --- Patterns: each reads a character a bounded number of times, whatever the text --------------------------

_LINE_BREAKS = re.compile(r"[\n\r\v\f\x85\u2028\u2029]\s*")
_BLANK_LINE = re.compile(r"[\f\u2029]|(?>\r\n|[\n\r\v\x85\u2028])[^\S\n\r\v\x85\u2028]*[\n\r\v\x85\u2028]")
_BULLET = re.compile(r"[*•‣◦▪·●]\s")
_ITEM = re.compile(r"(?:[-–—]|\(?(?:\d{1,3}|[A-Za-z])[.)])\s")

_STOPS = re.compile(r"(?:\.[ \u00a0]){2,}\.+|[.!?…‽⁇⁈⁉؟۔।॥։።。！？｡]+")
_STOPS_WITHOUT_SPACE = frozenset("।॥。！？｡")
_CLOSERS = frozenset("\"'”’»›)]}」』）】》〉*")
_FOOTNOTES = re.compile(r"(?:\[\d{1,3}\])+")
_PAIRED = re.compile(r"""["“”„«»()\[\]「」『』（）【】《》]|(?<!\w)['‘](?=[A-Z])|(?<=[.,!?…])['’](?=\s|$)""")
_KINDS = {
    mark: kind for kind in ('“”„"', "«»", "‘’'", "()", "[]", "「」", "『』", "（）", "【】", "《》") for mark in kind
}
_OPENING = frozenset("“„«‘([「『（【《")

_OPENER = r"""["'“‘„«‹(\[{「『（【《¿¡]"""
_NEXT_LETTER = re.compile(r"[^\w\s]{0,8}\s?[^\w\s]{0,3}(\w?)")
_NEXT_WORD = re.compile(rf"{_OPENER}{{0,3}}\s?([^\W\d_]{{1,20}})")
_CAPITALISED = re.compile(rf"{_OPENER}?[A-Z](?:[a-z]{{1,20}}[\s,’']|\s)")
_LATE_CAPITAL = re.compile(r"[a-z]{1,3}['’-]?[A-Z]")
_ENUMERATOR = re.compile(r"\(?(?:\d{1,3}|[A-Za-z]|[IVX]{2,5})")
_INITIALS = re.compile(r"(?:[^\W\d_][.-]){0,5}[^\W\d_]|(?:[^\W\d_]{1,2}\.){1,4}[^\W\d_]{1,2}")
_ATTRIBUTION = re.compile(
    r"\s(?:[\w.'’-]{1,20}\s){1,6}?(?:said|says|asked|asks|added|replied|answered|told|wondered|wrote|tweeted|"
    r"shouted|cried|yelled|exclaimed|declared|responded|joked|quipped|demanded|insisted|warned|recalled|argued)\b"
    r"(?!:|\sthat\b)"
)
_ATTRIBUTION_CJK = re.compile(r"と|って|、|[^，。！？“「\s]{0,12}(?:说|說|道|表示|称|稱|问|問)")


# --- Lines --------------------------------------------------------------------------------------------------


def _stretches(text: str) -> Iterator[Span]:
    """Cuts a text at blank lines and at lines that were ended on purpose."""
    block: list[Span] = []
    # Lines begin where their words do, the first one too.
    start = len(text) - len(text.lstrip())
    for gap in _LINE_BREAKS.finditer(text, start):
        block.append(Span(start, gap.start()))
        start = gap.end()
        if _BLANK_LINE.search(gap[0]):
            yield from _stretches_of_block(text, block)
            block = []
    block.append(Span(start, len(text)))
    yield from _stretches_of_block(text, block)


def _stretches_of_block(text: str, lines: list[Span]) -> Iterator[Span]:
    # A line that was wrapped is full: the next word had no room. Nobody wraps beyond 160 characters.
    longest = max(end - start for start, end in lines)
    width = 0.7 * longest if longest <= 160 else float("inf")
    start = lines[0].start
    in_list = False
    for line, following in pairwise(lines):
        head = text[following.start : min(following.end, following.start + 24)]
        tail = text[max(line.start, line.end - 24) : line.end].rstrip()
        roomy = line.end - line.start + 1 + len(head.partition(" ")[0]) < width
        in_list = in_list or _ITEM.match(text, line.start) is not None
        expected = in_list or tail.endswith((".", ":", ";", "!", "?"))
        item = _BULLET.match(head) or (expected and _ITEM.match(head))
        broken_off = tail.endswith((",", ";", ":", "-", "–", "—", "(")) or _CONNECTIVES & {*tail.split()[-1:]}
        if item or (roomy and not broken_off and not head[:1].islower()):
            yield Span(start, line.end)
            start = following.start
    yield Span(start, lines[-1].end)


# --- Quotations and brackets --------------------------------------------------------------------------------


def _pairs(text: str, start: int, end: int) -> list[Span]:
    """Finds what is quoted or bracketed, as the positions of the two marks, ordered by the second."""
    opened: dict[str, int] = {}
    pairs = []
    for match in _PAIRED.finditer(text, start, end):
        at, mark = match.start(), match[0]
        kind = _KINDS[mark]
        if mark in "\"'":
            opens = _straight_mark_opens(text[at - 1 : at], text[at + 1 : at + 2], kind in opened)
        else:
            # “ closes what „ opened.
            opens = mark in _OPENING and not (mark == "“" and text[opened.get(kind, at)] == "„")
        if opens:
            # What is open already was never closed: forget it, and a lost mark does no harm beyond the next.
            opened[kind] = at
        elif kind in opened:
            pairs.append(Span(opened.pop(kind), at))
    return pairs


def _straight_mark_opens(before: str, after: str, is_open: bool) -> bool:
    free_left, free_right = not before.strip(), not after.strip()
    if free_left != free_right:
        return free_left
    # Free on both sides, it closes (`strength. " He`); on neither, the letter side tells (`("We`).
    return not is_open and not before.isalnum() and after.isalnum()


# --- Stops --------------------------------------------------------------------------------------------------


def _sentence_ends(text: str, start: int, end: int) -> Iterator[int]:
    """Yields where each sentence of a stretch ends, the last one included."""
    pairs = _pairs(text, start, end)
    opening_of = {pair.end: pair.start for pair in pairs}
    openings = set(opening_of.values())
    quotations = sorted(pair for pair in pairs if pair.end - pair.start <= QUOTATION_LIMIT)
    upcoming = quoted_until = 0
    caseless = text[start:end].islower()
    first = _skip_space(text, start, end)
    for stops in _STOPS.finditer(text, start, end):
        closed = _skip_closers(text, stops.end(), end, openings)
        while upcoming < len(quotations) and quotations[upcoming].start < stops.start():
            quoted_until = max(quoted_until, quotations[upcoming].end)
            upcoming += 1
        if closed <= quoted_until:
            continue
        following = _skip_space(text, closed, end)
        if following == end:
            break
        stop = _Stop(text, first, stops.start(), stops[0], closed, following, end, caseless)
        if stop.ends_sentence() and not (opening_of.get(closed - 1) == first and stop.precedes_attribution()):
            yield closed
            first = following
    yield end


def _skip_space(text: str, at: int, end: int) -> int:
    while at < end and text[at].isspace():
        at += 1
    return at


def _skip_closers(text: str, at: int, end: int, openings: set[int]) -> int:
    """Passes what still belongs to a sentence: closing marks, footnotes, a quote mark that stands apart."""
    while at < end and text[at] in _CLOSERS and at not in openings:
        at += 1
    if footnotes := _FOOTNOTES.match(text, at, end):
        at = footnotes.end()
    apart = _skip_space(text, at, min(end, at + 2))
    stands_apart = at < apart < end and text[apart] in '"”' and not text[apart + 1 : apart + 2].strip()
    return apart + 1 if stands_apart else at


class _Stop(NamedTuple):
    """A run of stops with what stands before and after it; positions are in `text`."""

    text: str
    first: int  # of the sentence
    at: int
    run: str
    closed: int  # after the marks that close with it
    following: int  # what is not whitespace
    end: int  # of the stretch
    caseless: bool  # there are no capitals to go by

    def ends_sentence(self) -> bool:
        text, following = self.text, self.following
        if not _STOPS_WITHOUT_SPACE.isdisjoint(self.run):
            quoted = self.closed > self.at + len(self.run)
            return not (quoted and _ATTRIBUTION_CJK.match(text, self.closed, self.end))
        if following == self.closed:
            return self._lacks_space()
        if text[following] in ",;)]}":
            return False
        after = _NEXT_LETTER.match(text, following, self.end)
        letter = after[1] if after else ""
        if letter.islower() and not self.caseless and after and not _LATE_CAPITAL.match(text, after.start(1)):
            return False
        before = text[max(self.first, self.at - 40) : self.at]
        if ".." in self.run or " " in self.run or "…" in self.run:
            # An elision stands free: `the worst ... President Obama ever did`.
            return bool(before.strip()) and (before[-1] not in " \n\u00a0[(" or self.run.count(".") > 3)
        word = re.split(r"[\s/–—-]", before)[-1].lstrip("\"'“‘„«([*")
        if self.run == ".":
            return self._dot_ends_sentence(word, letter)
        if self.run == "!" and word in ("Yahoo", "Jeopardy"):
            return self._precedes_starter()
        return not before.endswith("(")

    def _dot_ends_sentence(self, word: str, letter: str) -> bool:
        if _ENUMERATOR.fullmatch(self.text, self.first, self.at):
            return False
        if len(word) > 1 and word.isalpha() and word.isupper():
            word = word.capitalize()
        if word in _NEVER_LAST or (word in _BEFORE_NUMBER and letter.isdigit()):
            return False
        if word in _TIMES:
            return not letter.isdigit() and self._next_word() not in _AFTER_TIME
        if word in _PERHAPS_LAST or (_INITIALS.fullmatch(word) and word.lower() != word.upper()):
            return self._precedes_starter()
        return True

    def _next_word(self) -> str:
        match = _NEXT_WORD.match(self.text, self.following, self.end)
        return match[1] if match else ""

    def _precedes_starter(self) -> bool:
        match = _NEXT_WORD.match(self.text, self.following, self.end)
        if match is None or match[1] not in _STARTERS:
            return False
        # In `J. A. Smith` and `U.S. No. 1` it is an abbreviation itself.
        return len(match[1]) > 2 or not self.text.startswith(".", match.end())

    def _lacks_space(self) -> bool:
        """Tells `the minister agreed.The talks` from `Node.js`, `Amazon.Com` and the like."""
        word = "".join(self.text[max(self.first, self.at - 40) : self.at].split()[-1:])
        lower = len(word) > 1 and word.isalpha() and word.islower()
        return lower and len(self.run) == 1 and bool(_CAPITALISED.match(self.text, self.following, self.end))

    def precedes_attribution(self) -> bool:
        """Tells whether the quotation that ends here is followed by who asked it."""
        if self.run == "." or (self._next_word() != "I" and self._precedes_starter()):
            return False
        return _ATTRIBUTION.match(self.text, self.following - 1, self.end) is not None
