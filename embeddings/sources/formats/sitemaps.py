"""Sitemaps: lists of a site's pages, and lists of such lists, as sitemaps.org describes them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice

from embeddings.dates import any_date
from embeddings.errors import SourceError
from embeddings.sources import Entry
from embeddings.sources.documents import Document, page_document
from embeddings.sources.facts import Facts, one_line
from embeddings.sources.formats import Format, refuse
from embeddings.sources.sandbox import checked_reply
from embeddings.sources.web.addresses import normal_url, site_of
from embeddings.sources.websites import Link, admitted, page_entry
from embeddings.sources.xml import XmlError, beginning, local_name, parse

MAX_PAGES = 50_000
"""Most pages of a site, as of one sitemap."""
MAX_SITEMAPS = 500
_FACTS = ("loc", "lastmod", "publication_date", "title")
_LONGEST = 5000
_BEGINS = beginning(r"(?:\w+:)?(?:urlset|sitemapindex)")


class SitemapFormat(Format):
    """Sitemaps and sitemap indexes, packed or not."""

    name = "sitemap"

    def recognises(self, head: bytes) -> bool:
        """By its first element."""
        return _BEGINS.match(head) is not None

    def entries(self, document: Document) -> Iterator[Entry]:
        """One entry per page.  A sitemap that cannot be read is an entry that fails; its pages are not gone."""
        problems: list[SourceError] = []
        links = _links(document, _Budget(), problems, depth=0)
        for link in admitted(links, document.context):
            yield page_entry(link, document.context)
        for problem in problems:
            document.missing.append(problem.source)
            yield Entry(f"{problem.source}#sitemap", partial(refuse, problem))


@dataclass
class _Budget:
    """How many more pages and sitemaps may be read."""

    pages: int = MAX_PAGES
    sitemaps: int = MAX_SITEMAPS


def _links(document: Document, budget: _Budget, problems: list[SourceError], depth: int) -> Iterator[Link]:
    most = document.context.fetcher.limits.body_bytes
    read = f"{__name__}:read_sitemap", document.head(most + 1), document.source, most
    others = 0
    reply = document.context.sandbox.call(document.source, *read)
    with checked_reply(document.source):
        listed = [(str(kind), {str(name): str(fact) for name, fact in facts.items()}) for kind, facts in reply]
    for kind, facts in listed:
        try:
            url = normal_url(facts.get("loc", ""))
        except SourceError as error:
            problems.append(SourceError(document.source, f"lists a page that cannot be fetched: {error}"))
            continue
        if document.url is not None and site_of(url) != site_of(document.url):
            others += 1
        elif kind == "url" and budget.pages > 0:
            budget.pages -= 1
            published = facts.get("publication_date")
            title = "" if published is None else one_line(facts.get("title", ""))
            yield Link(url, Facts(title, published_at=any_date(published)), facts.get("lastmod", "")[:60])
        elif kind == "sitemap" and budget.sitemaps > 0 and depth < 2:
            budget.sitemaps -= 1
            try:
                below = page_document(url, document.context.fetcher.fetch(url), document.context)
                yield from _links(below, budget, problems, depth + 1)
            except SourceError as error:
                problems.append(error)
        elif kind in ("url", "sitemap"):
            reason = f"lists more than {MAX_PAGES} pages or {MAX_SITEMAPS} sitemaps"
            problems.append(SourceError(document.source, reason))
            return
    if others:
        problems.append(SourceError(document.source, f"lists {others} pages of other sites, which are left out"))


def read_sitemap(data: bytes, source: str, most: int) -> list[tuple[str, dict[str, str]]]:
    """What a sitemap lists, as the name of each element and the texts in it by name; for `Sandbox.call`.

    Args:
        data: the sitemap.
        source: of it, for messages.
        most: largest size, in bytes.

    Raises:
        SourceError: it is no sitemap, or larger than one.
    """
    if len(data) > most:
        raise SourceError(source, f"larger than {most // 10**6} MB, which no sitemap is")
    try:
        root = parse(data)
    except XmlError as error:
        raise SourceError(source, str(error)) from error
    if local_name(root) not in ("urlset", "sitemapindex"):
        raise SourceError(source, "is not a sitemap")
    listed = []
    for element in islice(root, MAX_PAGES + MAX_SITEMAPS + 1):
        texts = {local_name(fact): (fact.text or "").strip() for fact in element.iter()}
        facts = {name: texts[name][:_LONGEST] for name in _FACTS if name in texts}
        listed.append((local_name(element), facts))
    return listed
