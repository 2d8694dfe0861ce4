"""How the report of an index run looks in a terminal."""

from __future__ import annotations

from embeddings.indexing.report import ReindexReport
from embeddings.text import visible
from qa_bot.terminal.progress import duration

_FAILURES_SHOWN = 20


def render_report(report: ReindexReport, *, named: bool = False) -> str:
    """What an index run did, or would do, what the store holds now, and what could not be read.

    Args:
        report: to show.
        named: whether what could not be read has been named before.
    """
    lines = ["Dry run: nothing has changed."] if report.dry_run else []
    lines.append(f"Articles: {_changes(report)}.{_copies(report)}")
    if report.retracted:
        lines.append(f"Left out, as retracted: {report.retracted:,} (see: qa-bot articles retracted)")
    passages = report.passages
    store = f"The store holds {_count(report.articles, 'article')} in {_count(passages.total, 'passage')}"
    if report.dry_run:
        lines.append(f"{store}; {passages.embedded:,} would be embedded.")
    else:
        speed = f" ({passages.per_second:,.0f} a second)" if passages.per_second else ""
        embedded = f"{passages.embedded:,} embedded{speed}" if passages.embedded else "Nothing to embed"
        lines.append(f"{store}. {embedded}, {duration(report.seconds)}.")
    return "\n".join([*lines, *_failures(report, named)])


def render_summary(report: ReindexReport) -> str:
    """The same on one line."""
    copies = _copies(report).rstrip(".")
    failed = f", {len(report.failed):,} not read" if report.failed else ""
    store = f"{_count(report.articles, 'article')} in {_count(report.passages.total, 'passage')}"
    return f"{_changes(report)}{failed}{'; ' * bool(copies)}{copies.strip()}; the store holds {store}"


def _changes(report: ReindexReport) -> str:
    changes = [f"{count:,} {what}" for what in ("new", "changed", "removed") if (count := getattr(report, what))]
    if report.unchanged or not (changes or report.retracted or report.failed):
        changes.append(f"{report.unchanged:,} unchanged" if report.unchanged else "none found")
    return ", ".join(changes) or "none"


def _copies(report: ReindexReport) -> str:
    if not report.duplicates:
        return ""
    copies = "are copies of others" if report.duplicates > 1 else "is a copy of another"
    return f" {report.duplicates:,} {copies}."


def _failures(report: ReindexReport, named: bool) -> list[str]:
    if not report.failed:
        return []
    lines = [f"Could not be read{', see above' if named else ''}: {len(report.failed):,}."]
    if not named:
        lines += [f"  {visible(failed.source)}: {visible(failed.reason)}" for failed in report.failed[:_FAILURES_SHOWN]]
        more = len(report.failed) - _FAILURES_SHOWN
        lines += [f"  and {more:,} more"] if more > 0 else []
    if not report.dry_run:
        lines[0] += " What the store has of them stays."
    return lines


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
