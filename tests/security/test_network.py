"""Nothing leaves the machine: the system calls of a served page, a chain, a training, the Lab and the command line."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from .client import Client

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PATIENCE_S = 120  # traced, and with other tests beside it
# What is sent or connected to, and where: a port, then an address of either family.
CALL = re.compile(r'(?:connect|sendto|sendmsg)\(.*?sa_family=AF_INET6?, .*?inet_(?:addr\(|pton\(AF_INET6, )"([^"]+)"')
SILENT = ("DDPM_HUB", "ORT_DISABLE_TELEMETRY", "GRADIO_ANALYTICS_ENABLED", "HF_HUB_OFFLINE", "DO_NOT_TRACK")


def strangers(log: Path) -> list[str]:
    """The calls that went anywhere but to this machine."""
    calls = [line for part in log.parent.glob(f"{log.name}*") for line in part.read_text(errors="replace").splitlines()]
    reached = [(found[1], line) for line in calls if (found := CALL.search(line))]
    assert reached or not calls, "the pattern finds none of the calls that were traced"
    return [line for address, line in reached if not address.startswith("127.") and address != "::1"]


def traced(log: Path) -> list[str]:
    """The command that traces another one's network calls, its threads and processes included."""
    strace = shutil.which("strace")
    if strace is None:
        assert os.environ.get("REQUIRE_BROWSER") != "1", "strace is missing; install it"
        pytest.skip("strace is not installed, so the system calls cannot be seen")
    return [strace, "-f", "--seccomp-bpf", "-e", "trace=connect,sendto,sendmsg", "-o", str(log)]


def surroundings(tmp_path: Path, **more: str) -> dict[str, str]:
    """As somebody has it who has set nothing."""
    kept = {key: value for key, value in os.environ.items() if key not in SILENT}
    return kept | {"TMPDIR": str(tmp_path), "DDPM_CACHE": str(tmp_path / "cache"), "DDPM_ENGINE": "auto"} | more


def test_the_trace_sees_who_calls_out(tmp_path):
    script = "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.connect(('192.0.2.1', 9))"
    subprocess.run([*traced(tmp_path / "log"), sys.executable, "-c", script], check=True, timeout=60)
    assert len(strangers(tmp_path / "log")) == 1


@contextmanager
def traced_page(tmp_path: Path, *command: str) -> Iterator[str]:
    """The address of a page that a command of Python's serves, traced from its first moment on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    told = tmp_path / "stderr"
    with told.open("wb") as stderr:
        server = subprocess.Popen(
            [*traced(tmp_path / "log"), sys.executable, "-X", "faulthandler", *command], cwd=ROOT, stderr=stderr,
            env=surroundings(tmp_path, GRADIO_SERVER_PORT=str(port)), stdout=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
    try:
        address, end = f"http://127.0.0.1:{port}/", time.monotonic() + 120
        while True:
            try:
                urllib.request.urlopen(address, timeout=10).close()
                break
            except (urllib.error.URLError, TimeoutError, ConnectionError):
                assert server.poll() is None and time.monotonic() < end
                time.sleep(0.5)
        yield address
    except AssertionError as error:  # what was it at?
        subprocess.run(["pkill", "-ABRT", "-P", str(server.pid)], check=False)
        time.sleep(1)
        raise AssertionError(f"{error}\n{told.read_text(errors='replace')[-8000:]}") from error
    finally:
        os.killpg(server.pid, signal.SIGKILL)  # the tracer, and all that it traces
        server.wait(timeout=30)


# Gradio may lose an event that comes while its stream is being closed, and a tracer makes that moment long.
@pytest.mark.flaky(reruns=1)
def test_a_page_that_serve_opens_speaks_to_this_machine_alone(tmp_path):
    with traced_page(tmp_path, "-m", "ddpm_playground", "serve") as address:
        client = Client(address, "traced")
        with client.listening() as heard:
            client.start(num_steps=2, num_images=1)
            heard.until(lambda h: [v for v in h.values if v.get("done")], PATIENCE_S)
        client.close()
    assert strangers(tmp_path / "log") == []


@pytest.mark.flaky(reruns=1)
def test_a_page_a_chain_a_training_and_the_lab_speak_to_this_machine_alone(tmp_path):
    with traced_page(tmp_path, "app.py") as address:
        client = Client(address, "traced")
        with client.listening() as heard:
            client.start(num_steps=12, num_images=1)
            heard.until(lambda h: [v for v in h.values if v.get("done")], PATIENCE_S)
            looking = next(d for d in client.config["dependencies"] if d["targets"][0][1] == "tick")
            for _ in range(100):  # until the faster engine has been exported and runs
                client.join(looking, ["mnist", 16, 200, 1.0, "ddpm"])
                if heard.until(lambda h: [m for m in h.messages if "ONNX Runtime" in json.dumps(m)][-1:], 60):
                    break
            begin = {"data": "moons", "schedule": "linear", "learning_rate": 1e-3, "seed": 0, "t": 1, "run": 1}
            client.join(client.event("train", "begin"), [], begin | {"then": "single_step", "visitor": "x"})
            heard.until(lambda h: [v for v in h.values if v.get("state") == "paused"], 60)
        assert client.ask("lab", "examine", {"text": '{"_class_name": "DDIMScheduler"}'})["findings"]
        assert client.ask("audit", "audit_scheduler", {"class": "DDIMScheduler", "steps": "5"})["transitions"]
        client.close()
    assert strangers(tmp_path / "log") == []
    assert not list(tmp_path.rglob("*.ses"))  # where onnxruntime keeps what it would send


@pytest.mark.parametrize(
    "script",
    ["import ddpm_playground; import onnxruntime",
     "import ddpm_playground.ui.app as app; app.build()",
     "from ddpm_playground.cli import main; main(['schedule', 'show', 'linear', '--T', '10'])",
     "import threading, ddpm_playground.core; threading.Thread(target=__import__, args=('onnxruntime',)).start()",
     "import ddpm_playground, os, sys; os.execv(sys.executable, [sys.executable, '-c', 'import onnxruntime'])"],
    ids=["library", "page", "command", "thread", "process"],
)  # fmt: skip
def test_however_the_package_is_used_nothing_is_looked_up(tmp_path, script):
    command = [*traced(tmp_path / "log"), sys.executable, "-c", script]
    subprocess.run(command, cwd=ROOT, env=surroundings(tmp_path), check=True, timeout=120, stdout=subprocess.DEVNULL)
    log = "".join(path.read_text(errors="replace") for path in tmp_path.glob("log*"))
    assert "AF_INET" not in log


def test_what_is_set_by_hand_is_left_alone():
    script = "import os, ddpm_playground; print(os.environ['ORT_DISABLE_TELEMETRY'], os.environ.get('HF_HUB_OFFLINE'))"
    # In somebody else's program the Hub is theirs to ask.
    cases = [({"ORT_DISABLE_TELEMETRY": "0"}, "0 None", script), ({}, "1 None", script)]
    script = script.replace("ddpm_playground;", "ddpm_playground.cli;")
    cases += [
        ({"ORT_DISABLE_TELEMETRY": "0"}, "0 1", script),
        ({"DDPM_HUB": "1"}, "1 None", script),
        ({}, "1 1", script),
    ]
    for given, said, script in cases:
        kept = {key: value for key, value in os.environ.items() if key not in SILENT}
        done = subprocess.run(
            [sys.executable, "-c", script], cwd=ROOT, env=kept | given, capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == said
