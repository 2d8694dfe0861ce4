"""XML from anybody: no entities of its own, nothing from outside, no depth without end."""

from __future__ import annotations

from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

MAX_DEPTH = 200


class XmlError(Exception):
    """XML that is damaged or hostile; the message says how, without naming the place."""


def parse(data: bytes) -> Element:
    """The tree of an XML document; names are `{namespace}name`.

    A document that declares an entity is refused before the entity is used, so none can expand; references to other
    documents are never followed.

    Raises:
        XmlError: it is not well-formed, declares entities, or is nested too deeply.
    """
    builder = TreeBuilder()
    parser = _parser(data)
    depth = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH:
            raise XmlError("is nested too deeply")
        builder.start(_name(tag), {_name(name): value for name, value in attributes.items()})

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(_name(tag))

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = builder.data
    _run(parser, data)
    return builder.close()


def check_entities(data: bytes) -> None:
    """Refuses XML that declares entities; XML that is merely not well-formed passes.

    Raises:
        XmlError: it declares entities.
    """
    parser = _parser(data)
    try:
        _run(parser, data)
    except XmlError as error:
        if not isinstance(error.__cause__, expat.ExpatError):
            raise


def _parser(data: bytes) -> expat.XMLParserType:
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True

    def refuse(*_: object) -> None:
        raise XmlError("declares XML entities, which no article needs")

    parser.EntityDeclHandler = refuse
    return parser


def _run(parser: expat.XMLParserType, data: bytes) -> None:
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise XmlError(f"is not well-formed XML ({expat.ErrorString(error.code)} in line {error.lineno})") from error
    except (ValueError, LookupError) as error:  # an encoding that is none
        raise XmlError(f"is not XML that can be read ({error})") from error


def _name(tag: str) -> str:
    return "{" + tag if "}" in tag else tag
