"""The report as one HTML page: it needs no network and no other file, is light or dark as you like, and can be printed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from html import escape

from qa_bot.answering.results import percent_of
from qa_bot.evaluation import breakdown
from qa_bot.evaluation.breakdown import Group, Interval
from qa_bot.evaluation.charts import Bar, Series, bar_chart, histogram, line_chart
from qa_bot.evaluation.metrics import RankFigures, risk_coverage
from qa_bot.evaluation.predictions import AnswerFigures, Prediction
from qa_bot.evaluation.report import EvaluationReport, RetrievalFigures

_AROUND = 400
"""Characters of a paragraph that are shown before and after what is marked in it."""

_STYLE = """
:root { --ink: #1c1e21; --paper: #fff; --soft: #6a6f76; --rule: #d9dce0; --c1: #0b62c4; --c2: #c2410c; --c3: #15803d; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e8ea; --paper: #16181b; --soft: #9aa1a9; --rule: #373c42; --c1: #6cb1ff; --c2: #ff9d6b; --c3: #6fd08c; }
}
@media print {
  :root { --ink: #000; --paper: #fff; --soft: #444; --rule: #bbb; --c1: #0b62c4; --c2: #c2410c; --c3: #15803d; }
  .error, figure, tr { break-inside: avoid; } h2 { break-after: avoid; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem; max-width: 68rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.3rem; margin-top: 2.5rem; border-bottom: 1px solid var(--rule); }
h3 { font-size: 1.05rem; margin-bottom: .3rem; }
.soft, small, figcaption, .legend { color: var(--soft); }
.figures, .charts, .sides { display: grid; gap: 1rem; }
.figures { grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); }
.charts { grid-template-columns: repeat(auto-fit, minmax(min(22rem, 100%), 1fr)); }
.sides { grid-template-columns: repeat(auto-fit, minmax(min(20rem, 100%), 1fr)); }
.figures div { border: 1px solid var(--rule); border-radius: .4rem; padding: .6rem .8rem; }
.figures b { display: block; font-size: 1.5rem; } .figures b small { font-size: .9rem; white-space: nowrap; }
figure { margin: 0; } figcaption { font-size: .9rem; } svg { width: 100%; height: auto; font: 12px system-ui, sans-serif; }
svg text { fill: var(--soft); } svg .grid { stroke: var(--rule); fill: none; } svg .bar { fill: var(--c1); }
svg .line { fill: none; stroke-width: 2; } svg .interval { stroke: var(--ink); stroke-width: 1.5; }
svg .line.c1 { stroke: var(--c1); } svg .line.c2 { stroke: var(--c2); } svg .line.c3 { stroke: var(--c3); }
svg .dot.c1 { fill: var(--c1); } svg .dot.c2 { fill: var(--c2); } svg .dot.c3 { fill: var(--c3); }
.key::before { content: "\\2014\\a0"; font-weight: bold; } .key.c1 { color: var(--c1); } .key.c2 { color: var(--c2); }
.key.c3 { color: var(--c3); }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { overflow-wrap: break-word; text-align: left; padding: .25rem .6rem .25rem 0; border-bottom: 1px solid var(--rule); }
td.n, th.n { text-align: right; }
.error { border: 1px solid var(--rule); border-radius: .4rem; padding: .2rem .9rem .8rem; margin: 1rem 0; }
.error p { margin: .3rem 0; }
mark { background: none; color: inherit; font-weight: bold; border-bottom: .18rem solid var(--c3); }
mark.ours { border-bottom-color: var(--c2); }
"""


def html_page(report: EvaluationReport) -> str:
    """The page."""
    facts = report.provenance
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        f"<title>qa-bot: evaluation</title><style>{_STYLE}</style></head><body><main>",
        f"<h1>Evaluation of qa-bot {escape(facts.version)}</h1>",
        f'<p class="soft">{facts.evaluated:,} of {facts.questions:,} questions. In brackets: 95 % intervals.</p>',
    ]
    for title, figures, predictions in (
        ("From the question to the answer", report.end_to_end, report.end_to_end_predictions),
        ("Reading the given paragraph", report.reader, report.reader_predictions),
    ):
        if figures is not None and predictions:
            parts += _answers(title, figures, predictions)
    if report.retrieval is not None:
        parts += _retrieval(report.retrieval)
    for title, predictions in (
        ("The worst errors, from the question to the answer", report.end_to_end_predictions),
        ("The worst errors in reading", report.reader_predictions if report.end_to_end is None else ()),
    ):
        if predictions:
            parts += [f"<h2>{title}</h2>", *_errors(predictions)]
    parts += ["<h2>Where this comes from</h2>", *_provenance(report), "</main></body></html>\n"]
    return "\n".join(parts)


def _answers(title: str, figures: AnswerFigures, predictions: Sequence[Prediction]) -> Iterator[str]:
    answerable = [prediction for prediction in predictions if prediction.expected]
    others = [prediction for prediction in predictions if not prediction.expected]
    given = [prediction for prediction in predictions if prediction.answered]
    yield f"<h2>{title}</h2>"
    yield '<div class="figures">'
    yield _figure("answers that are right", [breakdown.is_right(p) for p in given], f"of {len(given):,} given")
    yield _figure(
        "answered rightly", [p.answered and breakdown.is_right(p) for p in answerable], "of those with an answer"
    )
    if others:
        yield _figure("refused", [not p.answered for p in others], f"of {len(others):,} without an answer")
    yield _figure("exact match", [p.exact_match for p in answerable], "of the best span, given or not")
    yield _figure("F1", [p.f1 for p in answerable], "of the best span, given or not")
    yield f"<div><b>{figures.latency_ms.p50:.0f} / {figures.latency_ms.p95:.0f} ms</b>a question, p50 / p95</div>"
    yield '</div><div class="charts">'
    right = [float(breakdown.is_right(prediction)) for prediction in predictions]
    confidences = [prediction.confidence for prediction in predictions]
    yield _chart(_risk_chart(confidences, right), "Wrong answers, if only the surest questions are answered.")
    error, bins = breakdown.calibration(predictions)
    curve = Series([(each.confidence, each.accuracy) for each in bins], "measured")
    reliability = line_chart([curve], "confidence", "share right", diagonal=True, dots=True)
    yield _chart(reliability, f"Confidence and accuracy. Expected calibration error: {error:.3f}.")
    groups = [("with an answer", [p.confidence for p in answerable])]
    groups += [("without", [p.confidence for p in others])] if others else []
    limit = f"Answers are given from {figures.threshold:.2f} on."
    yield _chart(histogram(groups, "confidence", "share of the questions"), f"How sure the best answers are. {limit}")
    times = [prediction.milliseconds for prediction in predictions]
    chart = histogram([("questions", times)], "milliseconds", "share", highest=max(times) or 1.0)
    yield _chart(chart, "How long a question takes.")
    yield "</div>"
    yield from _groups("By what a question asks with", predictions, breakdown.question_word)
    yield from _groups("By the length of the answer", predictions, breakdown.answer_length)
    if len({prediction.file for prediction in predictions}) > 1:
        yield from _groups("By file", predictions, lambda prediction: prediction.file)


def _risk_chart(confidences: Sequence[float], right: Sequence[float]) -> str:
    import numpy as np

    curve = risk_coverage(np.array(confidences), np.array(right))
    points = [(point.coverage, point.risk) for point in curve.points]
    return line_chart([Series(points, "measured")], "share of the questions answered", "share wrong")


def _figure(name: str, values: Sequence[float], note: str) -> str:
    return f"<div><b>{_percent(breakdown.interval(values))}</b>{name}<br><small>{note}</small></div>"


def _percent(share: Interval) -> str:
    return f"{100 * share.mean:.1f} % <small>[{100 * share.low:.0f}, {100 * share.high:.0f}]</small>"


def _chart(svg: str, caption: str) -> str:
    return f"<figure>{svg}<figcaption>{caption}</figcaption></figure>"


def _groups(title: str, predictions: Sequence[Prediction], name_of: Callable[[Prediction], str]) -> Iterator[str]:
    yield f"<h3>{title}</h3>"
    yield '<table><tr><td></td><th class="n">questions</th><th class="n">answered or refused rightly</th></tr>'
    yield from map(_row, breakdown.groups_by(predictions, name_of))
    yield "</table>"


def _row(group: Group) -> str:
    right = _percent(group.right)
    return f'<tr><td>{escape(group.name)}</td><td class="n">{group.questions:,}</td><td class="n">{right}</td></tr>'


def _retrieval(figures: RetrievalFigures) -> Iterator[str]:
    yield "<h2>Finding the paragraph</h2>"
    yield f'<p class="soft">{figures.questions:,} answerable questions, {figures.paragraphs:,} paragraphs.</p>'
    yield '<div class="charts">'
    searches: list[tuple[str, RankFigures]] = [
        ("as deployed", figures),
        ("dense", figures.dense),
        ("BM25", figures.lexical),
    ]
    lines = [Series(_recalls(ranks), name, colour) for colour, (name, ranks) in enumerate(searches, start=1)]
    yield _chart(line_chart(lines, "passages looked at", "recall", x=(0, 20), dots=True), "Recall@k.")
    bars = [Bar(name, ranks.mrr_at_10) for name, ranks in (*searches, ("fusion", figures.rrf))]
    yield _chart(bar_chart(bars, "MRR@10"), "Mean reciprocal rank; fusion is that of ranks.")
    yield "</div>"


def _recalls(ranks: RankFigures) -> list[tuple[float, float]]:
    return [(1, ranks.recall_at_1), (5, ranks.recall_at_5), (10, ranks.recall_at_10), (20, ranks.recall_at_20)]


def _errors(predictions: Sequence[Prediction]) -> Iterator[str]:
    errors = breakdown.worst(predictions)
    if not errors:
        yield "<p>None.</p>"
    for error in errors:
        done = "answered" if error.answered else "refused"
        yield f'<div class="error"><h3>{escape(error.question)}</h3>'
        place = escape(f"{error.title or error.file} · {error.id}")
        yield f'<p class="soft">{done}, {percent_of(error.confidence)} % sure · {place}</p>'
        expected = ", ".join(dict.fromkeys(error.expected)) or "no answer"
        yield f'<div class="sides"><div><p>Expected: <mark>{escape(expected)}</mark></p>'
        yield f"<p><small>{_marked(error.paragraph, error.expected, 'gold')}</small></p></div>"
        yield f'<div><p>qa-bot: <mark class="ours">{escape(error.text) or "nothing"}</mark></p>'
        yield f"<p><small>{_marked(error.sentence or error.paragraph, (error.text,), 'ours')}</small></p></div></div></div>"


def _marked(text: str, answers: Sequence[str], what: str) -> str:
    """A text with the first place of each answer marked, cut around the first of them."""
    matches = [re.search(re.escape(answer), text) for answer in answers if answer]
    found = sorted({match.span() for match in matches if match})
    start = max(0, found[0][0] - _AROUND) if found else 0
    end = min(len(text), (found[0][1] if found else 0) + _AROUND)
    parts, at = ["…" if start else ""], start
    for first, last in found:
        if at <= first and last <= end:
            parts += [escape(text[at:first]), f'<mark class="{what}">{escape(text[first:last])}</mark>']
            at = last
    return "".join([*parts, escape(text[at:end]), "…" if end < len(text) else ""])


def _provenance(report: EvaluationReport) -> Iterator[str]:
    facts = report.provenance
    rows = [("version", facts.version), ("files", ", ".join(facts.files))]
    rows += [("encoder", facts.encoder)] if facts.encoder else []
    rows += [("reader", facts.reader)] if facts.reader else []
    rows += sorted(facts.settings.items())
    yield "<table>"
    yield from (f"<tr><th>{escape(name)}</th><td>{escape(str(value))}</td></tr>" for name, value in rows)
    yield "</table>"
