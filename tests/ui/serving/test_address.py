"""A port that was asked for is had or refused in a sentence."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from ddpm_playground.ui.serving.address import asked_address
from ddpm_playground.ui.words.refusal import refusal

ROOT = Path(__file__).parents[3]


@pytest.fixture
def asked(monkeypatch):
    def ask(host: str = "", port: str = "") -> tuple[str, int | None]:
        monkeypatch.setenv("GRADIO_SERVER_NAME", host)
        monkeypatch.setenv("GRADIO_SERVER_PORT", port)
        return asked_address()

    return ask


def test_none_asked_for_is_any(asked) -> None:
    assert asked() == ("127.0.0.1", None) and asked("0.0.0.0") == ("0.0.0.0", None)
    assert asked("localhost")[1] is None


@pytest.mark.parametrize("port", ["abc", "99999", "0", "-1", "7860.0", "٧٨٦٠", "9" * 5000, "7860 7861", "\udcff"])
def test_what_is_no_port_is_refused(asked, port: str) -> None:
    with pytest.raises(ValueError, match=r"GRADIO_SERVER_PORT must be a whole number in \[1, 65535\], got") as refused:
        asked("", port)
    assert len(str(refused.value)) < 300 and refusal(refused.value, "zh-TW") != str(refused.value)


def test_a_port_is_taken_or_free(asked) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        with pytest.raises(ValueError, match=f"port {port} on 127.0.0.1 is taken by another program"):
            asked("", port)
    assert asked("", port) == ("127.0.0.1", int(port))


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.host.invalid", "x" * 300, "a b"])
def test_an_address_that_is_not_this_machines_is_refused(asked, host: str) -> None:
    with pytest.raises(ValueError, match="GRADIO_SERVER_NAME|cannot be served") as refused:
        asked(host)
    assert "Errno" not in str(refused.value) and "codec" not in str(refused.value)


@pytest.mark.slow
@pytest.mark.parametrize("port", ["abc", "99999", "1.5"])
def test_a_port_that_is_none_ends_the_start_in_a_sentence(port: str) -> None:
    given = os.environ | {"GRADIO_SERVER_PORT": port}
    done = subprocess.run([sys.executable, "app.py"], cwd=ROOT, env=given, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1 and done.stderr.startswith("ddpm_playground: GRADIO_SERVER_PORT must be")
    assert done.stderr.count("\n") == 1
