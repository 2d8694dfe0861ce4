"""Follow-up questions are understood in the light of the turns before; other questions are left as they are."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_bot.conversation.conversation import in_light_of
from qa_bot.conversation.referring import Turn

CHALLENGER = Turn("Who was the first woman at the bottom of Challenger Deep?", "Kathy Sullivan")
VOYAGER = Turn("When was Voyager 2 launched?", "August 20, 1977")
PENICILLIN = Turn("Who discovered penicillin?", "Alexander Fleming")
UNANSWERED = Turn("Who discovered penicillin?", None)
HONECKER = Turn("Who took over from Erich Honecker?", "Egon Krenz")
BRIDGES = Turn("How many bridges does Amsterdam have?", "1,500")
WALL = Turn("When did they start building the Berlin Wall?", "August 13, 1961")
FRANK = Turn("At what address did Anne Frank hide?", "Prinsengracht 263")
ELECTORS = Turn("Which state has the most electors?", "California")
TRANSISTOR = Turn("Who came up with the word transistor?", "John R. Pierce")
REEF = Turn("How many jobs depend on the Great Barrier Reef, according to Deloitte?", "64,000")
STADIUM = Turn("Who paid for rebuilding the Panathenaic Stadium?", "Georgios Averoff")
VACCINATION = Turn("Which doctor came up with ring vaccination in Nigeria?", "Dr. William Foege")
DEEP = Turn("Where is Challenger Deep?", "Mariana Trench")
ALGAE = Turn("What are the tiny algae that live inside corals called?", "zooxanthellae")
NATO = Turn("When was NATO founded?", "4 April 1949")
CUP = Turn("Who won the World Cup in 1930?", "Uruguay")
MATTIS = Turn("Where did Mattis speak to reporters?", "NATO headquarters in Brussels")
WEB = Turn("Who invented the World Wide Web?", "Tim Berners-Lee")
DEPTH = Turn("How deep is Challenger Deep?", "about 10,935 metres")


@pytest.mark.parametrize(
    ("turn", "asked", "meant"),
    [
        (CHALLENGER, "And when?", "When was Kathy Sullivan the first woman at the bottom of Challenger Deep?"),
        (CHALLENGER, "When was she there?", "When was Kathy Sullivan at the bottom of Challenger Deep?"),
        (CHALLENGER, "How old was she?", "How old was Kathy Sullivan?"),
        (CHALLENGER, "Where was she born?", "Where was Kathy Sullivan born?"),
        (CHALLENGER, "Why?", "Why was Kathy Sullivan the first woman at the bottom of Challenger Deep?"),
        (CHALLENGER, "How deep is it?", "How deep is Challenger Deep?"),
        (CHALLENGER, "And the first man?", "Who was the first man at the bottom of Challenger Deep?"),
        (CHALLENGER, "Who went with her?", "Who went with Kathy Sullivan?"),
        (CHALLENGER, "How many people have been there?", "How many people have been at the bottom of Challenger Deep?"),
        (VOYAGER, "And Voyager 1?", "When was Voyager 1 launched?"),
        (VOYAGER, "Where?", "Where was Voyager 2 launched?"),
        (VOYAGER, "By whom?", "By whom was Voyager 2 launched?"),
        (VOYAGER, "How far away is it now?", "How far away is Voyager 2 now?"),
        (VOYAGER, "What did it find?", "What did Voyager 2 find?"),
        (VOYAGER, "Who built it?", "Who built Voyager 2?"),
        (VOYAGER, "What happened then?", "What happened on August 20, 1977?"),
        (VOYAGER, "and in 1989?", "What happened to Voyager 2 in 1989?"),
        (VOYAGER, "Why then?", "Why was Voyager 2 launched on August 20, 1977?"),
        (VOYAGER, "Did it reach Neptune?", "Did Voyager 2 reach Neptune?"),
        (VOYAGER, "What is its speed?", "What is Voyager 2’s speed?"),
        (VOYAGER, "Where is it now?", "Where is Voyager 2 now?"),
        (VOYAGER, "from where?", "From where was Voyager 2 launched?"),
        (VOYAGER, "What about Apollo 11?", "When was Apollo 11 launched?"),
        (VOYAGER, "Who?", "By whom was Voyager 2 launched?"),
        (PENICILLIN, "When?", "When did Alexander Fleming discover penicillin?"),
        (PENICILLIN, "And when?", "When did Alexander Fleming discover penicillin?"),
        (PENICILLIN, "Where did he work?", "Where did Alexander Fleming work?"),
        (PENICILLIN, "How did he do it?", "How did Alexander Fleming discover penicillin?"),
        (PENICILLIN, "why?", "Why did Alexander Fleming discover penicillin?"),
        (PENICILLIN, "Did he win a prize?", "Did Alexander Fleming win a prize?"),
        (PENICILLIN, "What else did he discover?", "What else did Alexander Fleming discover?"),
        (PENICILLIN, "who helped him?", "Who helped Alexander Fleming?"),
        (PENICILLIN, "When was it discovered?", "When was penicillin discovered?"),
        (PENICILLIN, "How?", "How did Alexander Fleming discover penicillin?"),
        (PENICILLIN, "And in which year?", "In which year did Alexander Fleming discover penicillin?"),
        (PENICILLIN, "When did he die?", "When did Alexander Fleming die?"),
        (PENICILLIN, "Was he married?", "Was Alexander Fleming married?"),
        (PENICILLIN, "And insulin?", "Who discovered insulin?"),
        (PENICILLIN, "What about insulin?", "Who discovered insulin?"),
        (PENICILLIN, "When was that?", "When did Alexander Fleming discover penicillin?"),
        (UNANSWERED, "When?", "When did someone discover penicillin?"),
        (UNANSWERED, "Where was it discovered?", "Where was penicillin discovered?"),
        (HONECKER, "When?", "When did Egon Krenz take over from Erich Honecker?"),
        (HONECKER, "why?", "Why did Egon Krenz take over from Erich Honecker?"),
        (HONECKER, "How long did he stay?", "How long did Egon Krenz stay?"),
        (HONECKER, "And who took over from him?", "Who took over from Egon Krenz?"),
        (HONECKER, "Which party did they belong to?", "Which party did Egon Krenz belong to?"),
        (BRIDGES, "How many of them are open?", "How many of Amsterdam’s bridges are open?"),
        (BRIDGES, "And canals?", "How many canals does Amsterdam have?"),
        (BRIDGES, "And Venice?", "How many bridges does Venice have?"),
        (BRIDGES, "What about Venice?", "How many bridges does Venice have?"),
        (BRIDGES, "Why?", "Why does Amsterdam have 1,500 bridges?"),
        (BRIDGES, "When were they built?", "When were Amsterdam’s bridges built?"),
        (BRIDGES, "why so many?", "Why does Amsterdam have 1,500 bridges?"),
        (BRIDGES, "How many people live there?", "How many people live in Amsterdam?"),
        (BRIDGES, "Where is it?", "Where is Amsterdam?"),
        (BRIDGES, "Which one is the oldest?", "Which of Amsterdam’s bridges is the oldest?"),
        (BRIDGES, "Who built them?", "Who built Amsterdam’s bridges?"),
        (BRIDGES, "What about houseboats?", "How many houseboats does Amsterdam have?"),
        (WALL, "Why?", "Why did they start building the Berlin Wall?"),
        (WALL, "How long was it?", "How long was the Berlin Wall?"),
        (WALL, "When did it fall?", "When did the Berlin Wall fall?"),
        (WALL, "How many people died there?", "How many people died at the Berlin Wall?"),
        (WALL, "And when was it torn down?", "When was the Berlin Wall torn down?"),
        (WALL, "What happened then?", "What happened on August 13, 1961?"),
        (WALL, "Who?", "Who did start building the Berlin Wall?"),
        (WALL, "what about 1989?", "What happened to the Berlin Wall in 1989?"),
        (WALL, "In which year did it come down?", "In which year did the Berlin Wall come down?"),
        (FRANK, "For how long?", "For how long did Anne Frank hide?"),
        (FRANK, "With whom?", "With whom did Anne Frank hide?"),
        (FRANK, "Why?", "Why did Anne Frank hide?"),
        (FRANK, "who betrayed her?", "Who betrayed Anne Frank?"),
        (FRANK, "When was she arrested?", "When was Anne Frank arrested?"),
        (FRANK, "What did she write there?", "What did Anne Frank write at Prinsengracht 263?"),
        (FRANK, "What was her diary called?", "What was Anne Frank’s diary called?"),
        (FRANK, "Is it a museum now?", "Is Prinsengracht 263 a museum now?"),
        (FRANK, "How long?", "How long did Anne Frank hide?"),
        (ELECTORS, "How many?", "How many electors does California have?"),
        (ELECTORS, "And the fewest?", "Which state has the fewest electors?"),
        (ELECTORS, "Why?", "Why does California have the most electors?"),
        (ELECTORS, "And Texas?", "How many electors does Texas have?"),
        (ELECTORS, "Who chooses them?", "Who chooses the electors?"),
        (ELECTORS, "How many of them does it have?", "How many of the electors does California have?"),
        (TRANSISTOR, "Where did he work?", "Where did John R. Pierce work?"),
        (TRANSISTOR, "Who invented it?", "Who invented the word transistor?"),
        (TRANSISTOR, "What does it mean?", "What does the word transistor mean?"),
        (TRANSISTOR, "What else did he do?", "What else did John R. Pierce do?"),
        (REEF, "How much is it worth?", "How much is the Great Barrier Reef worth?"),
        (REEF, "Where is it?", "Where is the Great Barrier Reef?"),
        (REEF, "Why is it dying?", "Why is the Great Barrier Reef dying?"),
        (REEF, "What are they?", "What are the jobs that depend on the Great Barrier Reef?"),
        (REEF, "What about tourists?", "How many tourists depend on the Great Barrier Reef?"),
        (REEF, "according to whom?", "According to whom do 64,000 jobs depend on the Great Barrier Reef?"),
        (STADIUM, "How much?", "How much did Georgios Averoff pay for rebuilding the Panathenaic Stadium?"),
        (STADIUM, "Why did he do that?", "Why did Georgios Averoff pay for rebuilding the Panathenaic Stadium?"),
        (STADIUM, "What is it made of?", "What is the Panathenaic Stadium made of?"),
        (STADIUM, "and who designed it?", "Who designed the Panathenaic Stadium?"),
        (STADIUM, "Who won there?", "Who won at the Panathenaic Stadium?"),
        (STADIUM, "How many people fit in it?", "How many people fit in the Panathenaic Stadium?"),
        (VACCINATION, "When did he do that?", "When did Dr. William Foege come up with ring vaccination in Nigeria?"),
        (VACCINATION, "How does it work?", "How does ring vaccination work?"),
        (VACCINATION, "Why?", "Why did Dr. William Foege come up with ring vaccination in Nigeria?"),
        (VACCINATION, "And in India?", "Which doctor came up with ring vaccination in India?"),
        (VACCINATION, "When was that?", "When did Dr. William Foege come up with ring vaccination in Nigeria?"),
        (DEEP, "How deep is it?", "How deep is Challenger Deep?"),
        (DEEP, "Who went there first?", "Who went to Challenger Deep first?"),
        (ALGAE, "What do they do?", "What do zooxanthellae do?"),
        (ALGAE, "Why do they leave?", "Why do zooxanthellae leave?"),
        (ALGAE, "What color are they?", "What color are zooxanthellae?"),
        (NATO, "Where?", "Where was NATO founded?"),
        (NATO, "By whom?", "By whom was NATO founded?"),
        (NATO, "How many members does it have?", "How many members does NATO have?"),
        (NATO, "What happened then?", "What happened on 4 April 1949?"),
        (CUP, "And in 1934?", "Who won the World Cup in 1934?"),
        (CUP, "Where was it held?", "Where was the World Cup held?"),
        (CUP, "Against whom?", "Against whom did Uruguay win the World Cup in 1930?"),
        (CUP, "How many goals did they score?", "How many goals did Uruguay score?"),
        (MATTIS, "What did he say?", "What did Mattis say?"),
        (MATTIS, "When did he arrive there?", "When did Mattis arrive at NATO headquarters in Brussels?"),
        (WEB, "When did he invent it?", "When did Tim Berners-Lee invent the World Wide Web?"),
        (WEB, "Where did he work then?", "Where did Tim Berners-Lee work then?"),
        (WEB, "And the transistor?", "Who invented the transistor?"),
        (WEB, "What about e-mail?", "Who invented e-mail?"),
        (DEPTH, "Why?", "Why is Challenger Deep so deep?"),
        (DEPTH, "Where is it?", "Where is Challenger Deep?"),
        (DEPTH, "And Everest?", "How deep is Everest?"),
        (PENICILLIN, "and who was his assistant?", "Who was Alexander Fleming’s assistant?"),
        (NATO, "Who are its members?", "Who are NATO’s members?"),
        (NATO, "And why?", "Why was NATO founded?"),
        (MATTIS, "in which year?", "In which year did Mattis speak to reporters?"),
        (PENICILLIN, "who else?", "Who else discovered penicillin?"),
        (WALL, "And how many people lived there in 1989?", "How many people lived at the Berlin Wall in 1989?"),
    ],
)
def test_what_a_word_refers_to_takes_its_place(turn: Turn, asked: str, meant: str) -> None:
    assert in_light_of(asked, [turn]) == meant


TURNS = (CHALLENGER, VOYAGER, PENICILLIN, UNANSWERED, BRIDGES, WALL, FRANK, ELECTORS, REEF, ALGAE, NATO, CUP, MATTIS)


@pytest.mark.parametrize(
    "question",
    [
        "Who invented the transistor?",
        "Is there a bridge in Berlin?",
        "How many people were there in 1930?",
        "And who won the World Cup in 1930?",
        "Who was Egon Krenz?",
        "what is that",
        "When was the Berlin Wall built?",
        "How many electors does Texas have?",
        "In which year was NATO founded?",
        "At what address did Anne Frank hide?",
        "Why did the Berlin Wall fall in 1989?",
        "How old is the universe?",
        "Who wrote Anne Frank’s diary?",
        "Did Alexander Fleming win the Nobel Prize?",
        "Was the transistor invented at Bell Labs?",
        "Which probe reached Neptune first?",
        "What happened on November 9, 1989?",
        "So how far away is Voyager 1?",
        "Ok, where is Challenger Deep?",
        "Are there coral reefs in Australia?",
        "Does Amsterdam have canals?",
        "the history of smallpox",
        "Tell me about penicillin.",
        "Yes?",
        "Really?",
        "thanks",
        "How come?",
    ],
)
def test_a_question_that_refers_to_nothing_stays_as_it_is_whatever_was_said_before(question: str) -> None:
    for turn in TURNS:
        assert in_light_of(question, [turn]) == question, turn


def test_without_turns_nothing_is_replaced() -> None:
    assert in_light_of("Where did he work?", []) == "Where did he work?"


def test_what_nobody_can_tell_stays_as_it_is() -> None:
    assert in_light_of("Where did he work?", [UNANSWERED]) == "Where did he work?"
    assert in_light_of("What?", [VOYAGER]) == "What?"
    assert in_light_of("How many?", [PENICILLIN]) == "How many?"


def test_a_conversation_goes_on_over_several_turns() -> None:
    turns: list[Turn] = []
    for asked, answer, meant in (
        ("Who discovered penicillin?", "Alexander Fleming", "Who discovered penicillin?"),
        ("When?", "1928", "When did Alexander Fleming discover penicillin?"),
        ("Where did he work?", "St Mary’s Hospital", "Where did Alexander Fleming work?"),
        ("and who worked with him?", None, "Who worked with Alexander Fleming?"),
        ("When was it discovered?", "1928", "When was penicillin discovered?"),
    ):
        understood = in_light_of(asked, turns)
        assert understood == meant
        turns.append(Turn(understood, answer))


def test_the_latest_turn_that_names_somebody_counts() -> None:
    assert in_light_of("Where did he work?", [PENICILLIN, NATO]) == "Where did Alexander Fleming work?"


@pytest.mark.fuzz
@given(st.text(max_size=200), st.text(max_size=200), st.one_of(st.none(), st.text(max_size=200)))
def test_whatever_was_said_it_is_a_text_and_not_much_longer(question: str, before: str, answer: str | None) -> None:
    meant = in_light_of(question, [Turn(before, answer)])
    assert len(meant) <= len(question) + len(before) + 100 * (len(question) + 1)


def test_texts_made_to_take_long_do_not() -> None:
    began = time.perf_counter()
    for text in ("A " * 3000, "a-" * 3000, "and " * 1500, "it " * 2000, "1999 " * 1200, "A of " * 1200):
        in_light_of(text, [Turn(text, text[:80])])
    assert time.perf_counter() - began < 20
