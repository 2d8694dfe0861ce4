"""XML from strangers, read without entities, without other documents and up to a limited depth."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, ParseError, TreeBuilder
from xml.parsers.expat import ErrorString

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

MAX_DEPTH = 200


class XmlError(Exception):
    """XML that is damaged or hostile; the message says how, without naming the place."""


class _ShallowTree(TreeBuilder):
    """Builds a tree of at most `MAX_DEPTH`."""

    _depth = 0

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise XmlError("is nested too deeply")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        self._depth -= 1
        return super().end(tag)


def parse(data: bytes) -> Element:
    """The tree of an XML document; names are `{namespace}name`.

    A document that declares an entity is refused before the entity is used, so none can expand; references to other
    documents are never followed.

    Raises:
        XmlError: it is not well-formed, declares entities, or is nested too deeply.
    """
    parser = DefusedXMLParser(target=_ShallowTree())
    try:
        parser.feed(data)
        root: Element = parser.close()
    except DefusedXmlException as error:
        raise XmlError("declares XML entities, which no article needs") from error
    except ParseError as error:
        raise XmlError(f"is not well-formed XML ({ErrorString(error.code)} in line {error.position[0]})") from error
    except (ValueError, LookupError) as error:  # an encoding that is none
        raise XmlError(f"is not XML that can be read ({error})") from error
    return root


def check_entities(data: bytes) -> None:
    """Refuses XML that declares entities; XML that is merely not well-formed passes.

    Raises:
        XmlError: it declares entities.
    """
    try:
        parse(data)
    except XmlError as error:
        if isinstance(error.__cause__, DefusedXmlException):
            raise


def local_name(element: Element) -> str:
    """The name of an element without its namespace."""
    return str(element.tag).rpartition("}")[2]


def beginning(names: str) -> re.Pattern[bytes]:
    """A pattern for the beginning of an XML document, up to its first element, whose name is a regular expression."""
    prolog = r"(?:\xef\xbb\xbf)?\s*(?:(?><\?[^>]*>|<!--.*?-->|<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>)\s*+)*+"
    return re.compile(rf"{prolog}<(?:{names})\b".encode(), re.DOTALL)
