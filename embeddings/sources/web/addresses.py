"""Which addresses may be fetched: http(s) URLs of hosts that the public internet routes to."""

from __future__ import annotations

from ipaddress import AddressValueError, IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import quote, urlsplit, urlunsplit

from embeddings.errors import SourceError

_NOT_PUBLIC_V4 = tuple(map(IPv4Network, (
    "0.0.0.0/8", "10.0.0.0/8", "127.0.0.0/8", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24",
    "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24",
    "203.0.113.0/24", "240.0.0.0/4",
    "100.64.0.0/10",  # carrier-grade NAT
    "169.254.0.0/16",  # link-local; clouds tell their secrets here
    "224.0.0.0/4",  # multicast
    # numbered as public, and yet they answer only the machines of one cloud
    "168.63.129.16/32",  # Azure's host
    "161.26.0.0/16", "166.8.0.0/14",  # IBM Cloud's inner services
)))  # fmt: skip
_PUBLIC_V6 = IPv6Network("2000::/3")
_NOT_PUBLIC_V6 = tuple(IPv6Network(network) for network in ("2001::/23", "2001:db8::/32", "3fff::/20"))
_NAT64 = IPv6Network("64:ff9b::/96")

_PATH_SAFE = "/%:@!$&'()*+,;=~-._"
MAX_URL = 2000
"""Longest address, in characters."""


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet.

    An address with an IPv4 address inside (IPv4-mapped, NAT64, 6to4) is judged by that one.  The blocks are those of the IANA
    special-purpose registries; of IPv6, only the global unicast block counts as public.
    """
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, IPv4Address):
        return not any(ip in network for network in _NOT_PUBLIC_V4)
    inner = ip.ipv4_mapped or ip.sixtofour or (IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else None)
    if inner is not None:
        return is_public(str(inner))
    return ip in _PUBLIC_V6 and not any(ip in network for network in _NOT_PUBLIC_V6)


def is_web_address(location: str) -> bool:
    """Whether a person means a URL: it begins with `something://`."""
    scheme, separator, _ = location.partition("://")
    return bool(separator) and scheme.isascii() and scheme.replace("+", "").isalnum()


def normal_url(url: str) -> str:
    """A URL as it is fetched and stored: lower-case scheme and host, in ASCII, without a fragment.

    Raises:
        SourceError: it is not http(s), names a person or password, has no host, or a port that no web server has.
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port
        host = _ascii_host(parts.hostname or "")
    except (ValueError, UnicodeError) as error:
        raise SourceError(shown(url), f"is not a usable address ({error})") from error
    if parts.scheme not in ("http", "https"):
        raise SourceError(shown(url), "only http and https addresses are fetched")
    if not host:
        raise SourceError(shown(url), "has no host name; write it as https://host/path")
    if parts.username is not None or parts.password is not None:
        raise SourceError(shown(url), "contains a user name or password; remove them, as qa-bot fetches without")
    if port is not None and port not in (80, 443) and port < 1024:
        raise SourceError(shown(url), f"port {port} is not one that web servers use")
    if len(url) > MAX_URL or not url.strip().isprintable():
        raise SourceError(shown(url), f"is longer than {MAX_URL} characters, or holds characters that no address has")
    default = {"http": 80, "https": 443}[parts.scheme]
    netloc = host if port in (None, default) else f"{host}:{port}"
    path = quote(parts.path or "/", safe=_PATH_SAFE)
    return urlunsplit((parts.scheme, netloc, path, quote(parts.query, safe=_PATH_SAFE + "?[]"), ""))


def host_of(url: str) -> str:
    """The host of a URL that is in its normal form, with its port if that is not the usual one."""
    return urlsplit(url).netloc


def site_of(url: str) -> str:
    """The host of a URL without its port and a leading `www.`."""
    return (urlsplit(url).hostname or "").removeprefix("www.")


def shown(url: str) -> str:
    """A URL for a message: without user name and password, on one line, and not too long."""
    scheme, separator, rest = url.partition("://")
    place, slash, path = rest.partition("/")
    text = scheme + separator + place.rpartition("@")[2] + slash + path
    text = "".join(character if character.isprintable() else "�" for character in text)
    return text if len(text) <= 300 else text[:299] + "…"


def _ascii_host(host: str) -> str:
    if ":" in host:
        try:
            return f"[{IPv6Address(host)}]"
        except AddressValueError as error:
            raise ValueError(f"{host} is not an IPv6 address") from error
    if not host.isascii():
        import idna

        host = idna.encode(host, uts46=True).decode()
    if not all(character.isalnum() or character in "-._" for character in host):
        raise ValueError("its host name holds characters that no host name has")
    return host.lower()
