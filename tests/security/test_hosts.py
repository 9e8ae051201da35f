"""Names that the server answers for, and pages that may ask it."""

import pytest
from starlette.datastructures import Headers

from ddpm_playground.ui.serving.hosts import Hosts

LOCAL = Hosts.of_environment()


def refused(hosts: Hosts, navigates: bool = False, **headers: str) -> bool:
    given = Headers({name.replace("_", "-"): value for name, value in headers.items()})
    return hosts.refuses(given, navigates) is not None


@pytest.mark.parametrize(
    "host", ["127.0.0.1:7860", "localhost", "localhost:80", "[::1]:7860", "192.168.0.7:7860", "app.localhost", ""]
)
def test_its_own_names_are_answered(host):
    assert not refused(LOCAL, host=host)


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example:7860", "a b", "["])
def test_a_name_that_was_made_to_point_here_is_not_answered(host):
    assert refused(LOCAL, host=host) and refused(LOCAL, navigates=True, host=host)


def test_hosts_are_named_in_the_environment(monkeypatch):
    monkeypatch.setenv("DDPM_HOSTS", "diffusion.example.edu, .labs.example.edu")
    monkeypatch.setenv("SPACE_HOST", "someone-ddpm.hf.space")
    hosts = Hosts.of_environment()
    for host in ("diffusion.example.edu", "a.labs.example.edu", "someone-ddpm.hf.space"):
        assert not refused(hosts, host=host, origin=f"https://{host}")
    assert refused(hosts, host="other.example.edu")
    assert not refused(hosts, host="127.0.0.1:7860", origin="https://diffusion.example.edu")  # behind a proxy
    monkeypatch.setenv("DDPM_HOSTS", "*")
    assert not refused(Hosts.of_environment(), host="anything.example")


@pytest.mark.parametrize(
    ("origin", "refuses"),
    [("http://127.0.0.1:7860", False), ("http://evil.example", True), ("http://127.0.0.1:8000", True), ("null", True),
     ("http://localhost:7860", True), ("", True), ("http://[", True)],
)  # fmt: skip
def test_a_page_elsewhere_may_not_ask(origin, refuses):
    assert refused(LOCAL, host="127.0.0.1:7860", origin=origin) is refuses


def test_what_a_browser_says_of_the_asking_site_counts_where_it_names_no_origin():
    assert refused(LOCAL, host="localhost:7860", sec_fetch_site="cross-site")
    assert not refused(LOCAL, navigates=True, host="localhost:7860", sec_fetch_site="cross-site")  # a link elsewhere
    assert not refused(LOCAL, host="localhost:7860", sec_fetch_site="same-origin")
    assert not refused(LOCAL, host="localhost:7860")  # no browser at all
    assert not refused(LOCAL, host="10.0.0.2:7860", x_forwarded_host="hub.example", origin="https://hub.example")
