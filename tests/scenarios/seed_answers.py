"""Questions that the seeds answer, with the words that answer them; and some that they don't."""

ANSWERS = {
    "When was Voyager 2 launched?": "August 20, 1977",
    "Who took over from Erich Honecker?": "Egon Krenz",
    "What are the tiny algae that live inside corals called?": "zooxanthellae",
    "When did they start building the Berlin Wall?": "August 13, 1961",
    "How many bridges does Amsterdam have?": "1,500",
    "Where in Amsterdam did Anne Frank and her family hide?": "Prinsengracht 263",
    "Which state has the most electors?": "California",
    "Who was the first woman at the bottom of Challenger Deep?": "Kathy Sullivan",
    "Who came up with the word transistor?": "John R. Pierce",
    "How many jobs depend on the Great Barrier Reef, according to Deloitte?": "64,000",
    "Which doctor came up with ring vaccination in Nigeria?": "Dr. William Foege",
    "Who paid for rebuilding the Panathenaic Stadium?": "Georgios Averoff",
}
QUESTION = "When was Voyager 2 launched?"
OTHER_QUESTION = "Who took over from Erich Honecker?"
UNANSWERED = "Who is the chief executive of Toyota?"
OPENING, FOLLOW_UPS, LIGHT = (
    "Who was the first woman at the bottom of Challenger Deep?",
    ("When was she there?", "And when?"),
    "June 7, 2020",
)
"""A question, two that only make sense after it, and what answers those."""
