"""Addresses, robots.txt and facts, as they come."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.articles import web_url
from embeddings.dates import any_date
from embeddings.errors import SourceError
from embeddings.sources.facts import one_line
from embeddings.sources.web.addresses import is_public, is_web_address, normal_url, shown
from embeddings.sources.web.politeness import Robots


@pytest.mark.parametrize(
    "address",
    ["0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.255.255", "169.254.169.254", "172.16.0.1", "172.31.255.255",
     "192.0.0.1", "192.0.2.1", "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.1.1",
     "240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::10.0.0.1",
     "64:ff9b:1::8.8.8.8", "2002:0a00:0001::", "2001::1", "2001:db8::1", "3fff::1", "fc00::1", "fd12::1", "fe80::1",
     "fe80::1%eth0", "fec0::1", "ff02::1", "100::1", "", "news.example", "1.2.3", "0x7f000001"],
)  # fmt: skip
def test_addresses_that_are_never_fetched_from(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    ["168.63.129.16", "::ffff:168.63.129.16", "64:ff9b::168.63.129.16", "2002:a83f:8110::", "100.100.100.200", "169.254.170.2",
     "169.254.169.253", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254", "161.26.0.10", "166.9.24.1"],
)  # fmt: skip
def test_the_inner_services_of_clouds_are_never_fetched_from(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450::1", "::ffff:8.8.8.8",
                "64:ff9b::8.8.8.8", "2002:0808:0808::"]
)  # fmt: skip
def test_addresses_of_the_public_internet(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses())
def test_what_is_public_is_global_to_the_standard_library_too(address: IPv4Address | IPv6Address) -> None:
    if is_public(str(address)) and not (
        isinstance(address, IPv6Address) and (address.ipv4_mapped or address.sixtofour)
    ):
        assert address.is_global or str(address).startswith("64:ff9b::")
        assert not address.is_multicast


@pytest.mark.parametrize(
    ("given_url", "expected"),
    [
        ("HTTP://News.Example", "http://news.example/"),
        (" https://news.example:443/a b?q=c d#part\n", "https://news.example/a%20b?q=c%20d"),
        ("http://news.example:8080/%C3%BC", "http://news.example:8080/%C3%BC"),
        ("https://fußball.example/ü", "https://xn--fuball-cta.example/%C3%BC"),
        ("http://[2001:DB8::1]:8080/", "http://[2001:db8::1]:8080/"),
        ("http://NEWS.example./?a=[1]", "http://news.example./?a=[1]"),
    ],
)
def test_the_normal_form_of_an_address(given_url: str, expected: str) -> None:
    assert normal_url(given_url) == expected
    assert normal_url(expected) == expected


@given(st.text(max_size=60), st.sampled_from(["http://", "https://", "http://a.example/", "http://a.example:", ""]))
def test_any_text_is_an_address_in_ascii_or_refused(text: str, start: str) -> None:
    try:
        url = normal_url(start + text)
    except SourceError as error:
        assert error.source.isprintable()  # noqa: PT017
        return
    assert url.isascii()
    assert url.isprintable()
    assert " " not in url
    assert normal_url(url) == url


@pytest.mark.parametrize(
    ("location", "expected"),
    [("https://a", True), ("ftp://a", True), ("/a/b", False), ("a.txt", False), ("c:\\a", False), ("://a", False),
     ("ä://a", False)],
)  # fmt: skip
def test_what_a_person_means_by_a_location(location: str, expected: bool) -> None:
    assert is_web_address(location) is expected


def test_a_password_in_an_address_is_never_shown() -> None:
    assert shown("http://ann:secret@news.example/a\x1b[2J") == "http://news.example/a�[2J"
    assert len(shown("http://news.example/" + "a" * 5000)) == 300


@pytest.mark.parametrize(
    ("rules", "path", "allowed"),
    [
        ("", "/a", True),
        ("User-agent: *\nDisallow:", "/a", True),
        ("User-agent: *\nDisallow: /", "/a", False),
        ("User-agent: *\nDisallow: /a", "/ab", False),
        ("User-agent: *\nDisallow: /a\nAllow: /ab", "/abc", True),
        ("User-agent: *\nAllow: /a\nDisallow: /a", "/a", True),
        ("User-agent: other\nDisallow: /", "/a", True),
        ("User-agent: QA_Bot/1.0\nDisallow: /\n\nUser-agent: *\nAllow: /", "/a", False),
        ("User-agent: qa_bot\nAllow: /\n\nUser-agent: *\nDisallow: /", "/a", True),
        ("User-agent: qa\nDisallow: /", "/a", True),
        ("User-agent: other\nDisallow: /\n\nUser-agent: qa_bot\nDisallow: /a", "/b", True),
        ("User-agent: other\nUser-agent: *\nDisallow: /a", "/a", False),
        ("User-agent: *\nDisallow: /*?", "/a?b", False),
        ("User-agent: *\nDisallow: /*.pdf$", "/a.pdf", False),
        ("User-agent: *\nDisallow: /*.pdf$", "/a.pdf?b", True),
        ("User-agent: *\nDisallow: /a$", "/ab", True),
        ("User-agent: *\nDisallow: /a*b*c", "/a/b/d", True),
        ("User-agent: *\nDisallow: /%7Eann", "/~ann/", False),
        ("user-AGENT : *  # all\n disallow : /a # this\nSitemap: https://a.example/s.xml", "/a", False),
        ("Disallow: /a\nnonsense\n\ufffd", "/a", True),
    ],
)
def test_robots_txt(rules: str, path: str, allowed: bool) -> None:
    assert Robots(rules).allows("https://news.example" + path) is allowed


def test_a_hostile_robots_txt_takes_no_time() -> None:
    rules = Robots("User-agent: *\n" + ("Disallow: /" + "*a" * 500 + "b\n") * 50)
    assert rules.allows("https://news.example/" + "a" * 1900)


def test_a_robots_txt_of_many_names_and_many_rules_takes_no_memory() -> None:
    names = "\r".join(f"{field} bot{number}" for number in range(5_000) for field in ("User-agent:", "user  agent"))
    rules = Robots(names + "\nDisallow: /\n" * 15_000 + "\nUser-agent: qa_bot # us\nDisallow: /private")
    assert len(names) < 500_000
    assert rules.allows("https://news.example/a")
    assert not rules.allows("https://news.example/private")


def test_crawl_delays_are_kept_to_within_reason() -> None:
    delays = [
        Robots(f"User-agent: *\nCrawl-delay: {delay}").delay for delay in ("2", "0.5", "1e9", "-1", "soon", "nan")
    ]
    assert delays[:5] == [2, 0.5, 30, 0, 0]
    assert 0 <= delays[5] <= 30


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2024-02-29", date(2024, 2, 29)),
        ("20240229", date(2024, 2, 29)),
        ("2024-02-29T13:05:09Z", datetime(2024, 2, 29, 13, 5, 9, tzinfo=UTC)),
        ("2024-02-29 13:05:09", datetime(2024, 2, 29, 13, 5, 9)),
        ("Thu, 29 Feb 2024 13:05:09 +0200", datetime(2024, 2, 29, 13, 5, 9, tzinfo=timezone(timedelta(hours=2)))),
        ("2024/02/29", date(2024, 2, 29)),
        ("26-FEB-1987 15:01:01.79", datetime(1987, 2, 26, 15, 1, 1)),
        ("29 February 2024", date(2024, 2, 29)),
        ("February 29th, 2024", date(2024, 2, 29)),
        ("Feb. 29, 2024 1:05 pm", datetime(2024, 2, 29, 13, 5)),
        ("Feb 29, 2024, 12:05 a.m.", datetime(2024, 2, 29, 0, 5)),
        ("Thursday, 29 September 2022", date(2022, 9, 29)),
        (1709211909, datetime(2024, 2, 29, 13, 5, 9, tzinfo=UTC)),
        ("1709211909000", datetime(2024, 2, 29, 13, 5, 9, tzinfo=UTC)),
        ("3/4/2024", None),
        ("2024", None),
        (2016.0, None),
        ("yesterday", None),
        ("30 February 2024", None),
        ("Feb 29, 2024 99:99", None),
        ("", None),
        (None, None),
        (True, None),
        (float("nan"), None),
        (["2024-02-29"], None),
    ],
)
def test_dates_in_the_ways_that_sources_write_them(value: object, expected: date | datetime | None) -> None:
    moment = any_date(value)
    assert (moment, type(moment)) == (expected, type(expected))


@given(
    st.one_of(
        st.text(max_size=70), st.floats(), st.integers(), st.from_regex(r"\d{1,4}[-/. ][A-Za-z0-9]{1,9}[-/. ]\d{1,4}.*")
    )
)
def test_anything_is_a_date_or_none(value: object) -> None:
    moment = any_date(value)
    assert moment is None or moment.isoformat()


@given(st.text())
def test_a_title_is_one_harmless_line(text: str) -> None:
    line = one_line(text)
    assert line == line.strip()
    assert not set("\n\r\t\x00\x1b\x7f\u202e\u2066\u200e\ufeff\u2028") & set(line)
    assert one_line(line) == line


def test_a_title_keeps_what_belongs_to_it() -> None:
    assert one_line("Café 港 👩‍🚀 <b>&amp;</b> “quoted”") == "Café 港 👩‍🚀 <b>&amp;</b> “quoted”"


@pytest.mark.parametrize(
    "value", ["javascript:alert(1)", "//a.example", "https://", "https://a.example/ b", "https://a:b@a.example/",
              'https://a.example/"onclick', "https://a.example/<b>", "http://[::1", "https://a\u200b.example", None, 7]
)  # fmt: skip
def test_what_people_are_never_sent_to(value: object) -> None:
    assert web_url(value) is None
