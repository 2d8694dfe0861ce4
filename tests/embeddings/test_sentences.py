"""What a person gets as "the sentence an answer comes from"."""

import time
import unicodedata
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from embeddings.sentences import LONGEST_SENTENCE, Span, split_sentences

# `¦` marks each expected boundary; the text that is split is the case without its marks.
MARK = "¦"

SEED_ARTICLE = (
    'The United States military is "not in a position" at the moment to "collaborate" with their '
    "Russian counterparts, U. S. Secretary of Defense James Mattis told reporters at the NATO "
    "headquarters in Brussels, Belgium. ¦"
    '[During the press conference Thursday, a reporter asked the secretary, "What does Russia need to '
    'stop doing in order for the U. S. to work with it?"  ¦'
    "President Donald Trump’s Pentagon chief responded: We are not in a position right now to "
    "collaborate on a military level, but our political leaders will engage and try to find common "
    "ground or a way forward where Russia, living up to its commitments, will return to a partnership "
    "of sorts here with NATO. ¦"
    "But Russia is going to have to prove itself first and live up the commitments they have made in "
    "the   agreement. ¦"
    'Secretary Mattis also noted that "there’s very little doubt" that Russia has "either interfered '
    'or they have attempted to interfere in a number of elections" in the United States and other '
    "democracies. ¦"
    "During his confirmation hearing held by the Senate Armed Services Committee in January, retired "
    'Gen. Mattis described Russia as one of the "principal threats" facing the United States. ¦'
    "Nevertheless, he indicated that he supports U. S. engagement with the Kremlin. ¦"
    "Mattis told lawmakers: When we identify other areas where we cannot cooperate, we must confront "
    "Russia’s behavior and defend ourselves if Russia chooses to act contrary to our interests. ¦"
    "Challenges posed by Russia include alarming messages from Moscow regarding the use of nuclear "
    "weapons, treaty violations, the use of hybrid warfare tactics to destabilize other countries, and "
    "involvement in hacking and information warfare. ¦"
    "Buttressing NATO will be fundamental to meeting these challenges, and we will need an integrated "
    "strategy that strengthens the North Atlantic Alliance and ensures that the Department of Defense "
    "is prepared to counter both traditional and emerging threats. ¦"
    "During the press conference in Brussels, the secretary emphasized the need to negotiate with "
    'Russia "from a position of strength. " ¦'
    'He also accused Russia of violating international law with its "aggressive" and "destabilizing" '
    "actions. ¦"
    '"The point about Russia is they have to live by international law just like we expect all mature '
    'nations on this planet to do," Mattis told reporters. ¦'
    '"We thoroughly discussed the increased threats facing our alliance," added the U. S. secretary of '
    "defense, referring to America’s NATO partners. ¦"
    '"And unified by the threats to our democracies, I found strong alliance resolve to address these '
    "growing threats.  Russia’s aggressive actions have violated international law and are "
    'destabilizing. " ¦'
    "Before the press conference at the NATO headquarters in Brussels Thursday, Russian President "
    "Vladimir Putin urged the United States to restore communications between their respective "
    'intelligence services, adding that "all relevantgovernments and international groups should work '
    'together. " ¦'
    "Echoing comments made during his confirmation hearing, Secretary Mattis described NATO on "
    'Thursday as a "fundamental bedrock for the US and all the transatlantic community," but stressed '
    "that member states must share the fiscal burden of common defense."
)

CASES: dict[str, str] = {
    "the seed article": SEED_ARTICLE,
    # Abbreviations of countries and cities
    "U. S. with a space, before a title": "U. S. Secretary of Defense James Mattis told them. ¦He left.",
    "U.S. before a noun": "The U.S. Senate voted. ¦The bill passed.",
    "U.S. at a sentence's end": "They moved to the U.S. ¦The family settled in Ohio.",
    "U. S. at a sentence's end": "They moved to the U. S. ¦However, the family went back.",
    "U.N. before a body": "The U.N. Security Council met on Monday. ¦It adjourned.",
    "D.C. in a dateline": "WASHINGTON, D.C. (AP) — The White House said so. ¦No one asked.",
    "D.C. and a dash": "WASHINGTON, D.C. — The White House said so.",
    "U.S.A. and a number": "The U.S. 7th Fleet sailed. ¦It was late.",
    "a city abbreviated in a dateline": "ST. PETERSBURG, Fla. (AP) — A man was held. ¦Police said he ran.",
    "a wire dateline": "WASHINGTON (Reuters) - President Trump said on Friday he agreed. ¦Aides did not.",
    "a state": "She was born in Lansing, Mich. ¦She died there.",
    "St. of a saint": "He lives in St. Louis. ¦It is hot.",
    "St. of a street": "The fire began on Main St. ¦The roof fell in.",
    # Titles, initials, suffixes
    "stacked titles": "Retired Lt. Gen. H. R. McMaster spoke. ¦Sen. John McCain, R-Ariz., listened.",
    "Dr. and Mrs.": "Dr. Smith met Mrs. Jones and Mr. Lee. ¦They talked.",
    "hyphenated title": "Maj.-Gen. Roberts and Rep.-elect Sue Hill met. ¦It was brief.",
    "three initials": "J. R. R. Tolkien wrote it. ¦C. S. Lewis read it.",
    "a middle initial": "George W. Bush and Samuel L. Jackson met. ¦Nobody filmed it.",
    "initials without spaces": "J.K. Rowling and E.L. James write. ¦Both sell.",
    "Jr. inside": "Donald Trump Jr. met a lawyer. ¦Martin Luther King Jr. Day is in January.",
    "Jr. at the end": "The meeting was led by Donald Trump Jr. ¦He has denied it.",
    "Ph.D.": "She holds a Ph.D. in physics. ¦He holds an M.D. ¦They are married.",
    # Companies
    "Inc. before a title": "Apple Inc. Chief Executive Tim Cook spoke. ¦Shares rose.",
    "Inc. at the end": "He works for Apple Inc. ¦He likes it.",
    "Corp. and Co. and Ltd.": "Toyota Corp. and Nissan Co. Ltd. said sales fell. ¦Honda Co. did too.",
    "a name with an exclamation mark": "Yahoo! Inc. was sold. ¦Jeopardy! is on at 7.",
    "versus": "Brown v. Board of Education and Ali vs. Frazier are famous. ¦Few know why.",
    # Numbers, dates, times
    "decimals and money": "It rose 3.5 percent to $1.25 billion. ¦That was 0.4 points more.",
    "No. 5": "He lives at No. 10 Downing Street. ¦She is ranked No. 5. ¦No. ¦That is wrong.",
    "a date": "On Nov. 3 he left. ¦He came back on Dec. 24, 2016. ¦It snowed.",
    "a month at the end": "They married in Sept. ¦Trump was not invited.",
    "p.m. and a new sentence": "Doors open at 3 p.m. ¦Police expect crowds.",
    "p.m. and a day": "Doors open at 3 p.m. Monday at 10 a.m. Eastern. ¦Come early.",
    "a year at the end": "He was elected in 2016. ¦2017 was harder. ¦In 2018 he lost.",
    "a numbered sentence": "1. Mix the flour. ¦2. Add 1.5 cups of milk. ¦3. Bake.",
    "a page": "See p. 12 and pp. 4-5 of Vol. 3. ¦It is all there.",
    "page and figure": "As Fig. 2 shows, it fell. ¦Sec. 4 says why.",
    # Latin
    "e.g. and i.e.": "Some cities, e.g. London, i.e. the capital, voted. ¦Others did not.",
    "etc.": "They sell apples, pears, etc. in tins. ¦They sell nuts, etc. ¦Prices vary.",
    "et al.": "Smith et al. found so. ¦It is in Jones et al. ¦This is known.",
    # Ellipses and runs
    "an ellipsis that goes on": "He was ... well, he was late… and wet. ¦He knew it.",
    "an ellipsis that ends": "He never came back... ¦She waited for years… ¦Then she left.",
    "an elision inside": 'He called it "the worst ... President Obama ever did" on Friday. ¦He meant it.',
    "four dots": "I never meant that.... ¦She left the store.",
    "spaced ellipsis": "The habit, somewhat weakened . . . was that of waiting. ¦It went.",
    "question and exclamation runs": "What?! ¦No way!!! ¦Really?? ¦Yes.",
    # Quotations
    "a quote of two sentences": '"We won. It was hard," he said. ¦"I am glad."',
    "curly quote of two sentences": "“We won. It was hard,” Smith said. ¦“I am glad.”",
    "guillemets": "« On a gagné. C’était dur », a-t-il dit. ¦Il est content.",
    "British single quotes": "‘We won. It was hard,’ he said. ¦He isn’t tired.",
    "question in a quote, then he": '"Are you coming? Are you?" he asked. ¦She was not.',
    "a question, then who asked": '"Are you coming?" John Lee asked. ¦"No!" Mr. Ray told him. ¦They left.',
    "question in a quote ends": 'He asked, "Are you coming?" ¦Smith said nothing.',
    "stop before the closing quote": 'He called it "a disgrace." ¦She agreed.',
    "stop after the closing quote": 'He called it "a disgrace". ¦She agreed.',
    "two quotes side by side": '"It is over." ¦"It is not." ¦They argued.',
    "abbreviation before a closing quote": 'He sang "Born in the U.S.A." last night. ¦It rained.',
    "an unclosed quote": '"We won. ¦He said so. ¦She said "no" to him. ¦They left.',
    "an unopened quote": 'We won." ¦He said so. ¦They left.',
    "inches": "He is 6'2\" tall. ¦She is 5'9\". ¦They met.",
    "a stray quote after the stop": 'We must be strong. " ¦He left. ¦She stayed.',
    "a quote inside a quote": '"He said ‘Go. Now!’ and I went. That was all," she said. ¦He nodded.',
    # Brackets
    "a sentence in brackets": "He left early. ¦(He was tired. He slept.) ¦She stayed.",
    "a bracket inside": "The group (formerly Foo Inc.) was sold (for how much?) in May. ¦It is gone.",
    "an unclosed bracket": "[He left early. ¦She stayed. ¦(They met. ¦It was late.",
    "footnote marks": "It is the largest city.[3] ¦It was founded in 1701.[4][5] ¦It grew.",
    # Things with dots
    "URL": "See https://www.example.com/a.b?c=d.e! ¦Visit www.example.org. ¦It is free.",
    "e-mail": "Write to john.q.smith@example.co.uk. ¦He answers.",
    "file names and versions": "Open report.v2.pdf with Python 3.11.4 or .NET 4.8. ¦Then print it.",
    "domain names": "Amazon.com Inc. and Booking.com rose. ¦Both fell later.",
    "lower-case names": "The company sold phones. ¦iPhone sales rose. ¦eBay fell.",
    "a missing space": "The minister agreed.¦The talks go on. ¦He left.",
    # Layout
    "a paragraph break": "A headline without a stop\n\n¦The text begins. ¦It ends",
    "hard-wrapped lines": "The president of the United States said on Friday in\nWashington he "
    "would go. ¦He\nthen went to the meeting with his aides and with\nSecretary Mattis. ¦They spoke.",
    "a heading line": "Key Findings\n¦The committee found that the agency had told nobody. ¦It must.",
    "a bulleted list": "What we know:\n¦- two people died\n¦- a man is held\n¦- the road is closed",
    "a numbered list": "Steps to take:\n¦1. Open the box\n¦2. Read the leaflet\n¦3. Close the box",
    "one paragraph a line": "He moved to the U.S.\n¦Trump said that it was a good decision and that many "
    "others would follow him over the coming years, which the government has always said it hoped for.",
    "Windows line ends": "A headline\r\n\r\n¦The text begins. ¦It ends.\r\n",
    "Windows line ends in hard-wrapped text": "The president of the United States said on Friday in\r\n"
    "Washington that he would go. ¦He left.",
    "an unclosed quote before a blank line": '"We won. ¦It was hard.\n\n¦"It was good," he said. ¦He left.',
    # Other scripts
    "Chinese": "他来了。¦她走了！¦真的吗？¦是。",
    "Chinese speech": "“我们赢了。很难。”他说。¦他走了。",
    "Japanese speech": "「行く。すぐ行く。」と彼は言った。¦雨だ。",
    "Arabic": "هل وصل الرئيس؟ ¦نعم، وصل الرئيس. ¦ثم غادر.",
    "Hindi": "वह आया। ¦वह गया। ¦क्या हुआ? ¦कुछ नहीं।",
    "Russian initials": "Об этом сказал В. В. Путин. ¦Он уехал.",
    "Spanish": "¿Quién ganó? ¦El Sr. López ganó. ¦¡Qué día!",
    "accents": "Él llegó. ¦Émile left. ¦Ünal too.",
    "no capital letters at all": "i came home. ¦she had left. ¦it was e.g. a bad day.",
}

WORST_CASE_SECONDS = 20  # what takes a second or less here; what is not linear takes minutes


def marked(text: str) -> str:
    """The text with a mark before each sentence but the first."""
    spans = split_sentences(text)
    for span in reversed(spans[1:]):
        text = text[: span.start] + MARK + text[span.start :]
    return text


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_reader_gets_the_whole_sentence_and_no_more(case: str) -> None:
    assert marked(case.replace(MARK, "")) == case


def test_the_table_is_long_and_holds_the_seed_article() -> None:
    assert len(CASES) >= 60
    seed = Path(__file__).parents[2] / "seeds" / "mattis-nato-russia.txt"
    assert SEED_ARTICLE.replace(MARK, "") in seed.read_text(encoding="utf-8")


def test_a_long_quotation_is_cut_at_its_sentences() -> None:
    sentence = "We went on and on, and nobody in the room would say why we did. "
    assert len(split_sentences(f'"{sentence * 2}That is all," he said.')) == 1
    assert len(split_sentences(f'"{sentence * 9}That is all," he said.')) == 10


def test_one_lost_quote_mark_does_not_swallow_the_article() -> None:
    text = 'He said "we won. ' + "They left the room early. " * 40 + 'She said "no" twice.'
    assert len(split_sentences(text)) == 42


MARKS = " \n\t.!?…\"'“”‘’«»()[]。！？「」؟।,:;-*aAéÜ五ب\0\r\v\f\x85\u2028\u2029\u00a0\u0301\ud800\udfff😀𝔸"
WORDS = ["U.S.", "U. S. ", "Mr. ", "No. 5", "p.m. ", "...", ". . . ", '. "', "He said", "and", "1. ", "- ", "The "]
SCARS = ["Yahoo!", "[3]", "e.g. ", "a.The b", "\n\n", "\r\n"]
PIECES = st.sampled_from([*MARKS, *WORDS, *SCARS])
CATEGORIES = st.characters(categories=["Cs", "Mn", "Zs", "Zl", "Zp", "Cc", "Po", "Ps", "Pe", "Lu", "Ll"])
TEXTS = st.lists(PIECES, max_size=60).map("".join) | st.text(max_size=80) | st.text(CATEGORIES, max_size=80)


@given(TEXTS)
@example(SEED_ARTICLE)
@example("\ud83d. \udc4d\0. \0")
def test_every_character_but_whitespace_is_in_one_sentence(text: str) -> None:
    spans = split_sentences(text)
    ends = [0, *(span.end for span in spans)]
    starts = [*(span.start for span in spans), len(text)]
    assert all(span.start < span.end for span in spans)
    assert all(before.end <= after.start for before, after in pairwise(spans))
    assert "".join(text[end:start] for end, start in zip(ends, starts, strict=True)).strip() == ""
    assert all(text[start:end] == text[start:end].strip() for start, end in spans)


@given(TEXTS, TEXTS)
@example("", " …\n. ...")
def test_a_blank_line_always_ends_a_sentence(before: str, after: str) -> None:
    expected = split_sentences(before)
    shift = len(before) + 2
    expected += [Span(start + shift, end + shift) for start, end in split_sentences(after)]
    assert split_sentences(f"{before}\n\n{after}") == expected


def test_offsets_count_characters_not_bytes() -> None:
    text = unicodedata.normalize("NFD", "Émile 😀 left. 𝔸nn stayed.")
    assert [text[start:end] for start, end in split_sentences(text)] == [text[:14], text[15:]]


@pytest.mark.parametrize("text", ["", " ", "\n\n \u2028\t\u00a0"])
def test_nothing_is_in_nothing(text: str) -> None:
    assert split_sentences(text) == []


HOSTILE = """\
. /. / /~/\r~/~ /"/" /."/. "/' /.'/“/”/“.”/(/)/(.)/[1]/.[1]/a. /A. /A./U. S. /? /?!/…/. . /。/1. /~1. /~- /\
A~/aa.The /?" Ab /a/("/‘A/.’ """


@pytest.mark.parametrize("unit", HOSTILE.replace("~", "\n").split("/"))
def test_hostile_text_takes_no_longer_than_news(unit: str) -> None:
    started = time.monotonic()
    split_sentences(unit * (200_000 // len(unit)))
    split_sentences("He said" + unit * (200_000 // len(unit)) + "x")
    assert time.monotonic() - started < WORST_CASE_SECONDS


@given(st.text(alphabet="ab \n¶", max_size=300).map(lambda text: text.replace("¶", "word " * 200)))
def test_a_text_without_stops_is_cut_between_words_and_nothing_is_lost(text: str) -> None:
    spans = split_sentences(text)
    assert all(0 < end - start <= LONGEST_SENTENCE for start, end in spans)
    assert [c for start, end in spans for c in text[start:end] if not c.isspace()] == [
        c for c in text if not c.isspace()
    ]
    ends = [(text[end - 1], text[end : end + 1]) for _, end in spans]
    assert not any(before == "d" and after == "d" for before, after in ends)


def test_a_text_without_stops_and_spaces_is_cut_all_the_same() -> None:
    spans = split_sentences("a" * 5000)
    assert spans == [Span(0, 2000), Span(2000, 4000), Span(4000, 5000)]
    assert split_sentences("word " * 1000)[0].end % 5 == 4
