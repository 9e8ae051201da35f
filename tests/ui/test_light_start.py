"""What stands between the start of the process and the first page."""

import json
import subprocess
import sys

import pytest

SLOW = {"torch", "diffusers", "onnxruntime", "scipy", "plotly.graph_objects", "transformers"}
BUILD = """
import json, sys
from ddpm_playground.ui import app
app.build(), app.facts(), app.css(), app.theme(), app.shelf().complaints()
print(json.dumps(sorted(sys.modules)))
"""


@pytest.mark.slow
def test_nothing_that_is_slow_to_import_builds_the_page() -> None:
    told = subprocess.run([sys.executable, "-c", BUILD], capture_output=True, text=True, check=True)
    modules = set(json.loads(told.stdout.splitlines()[-1]))
    assert "ddpm_playground.core.schedule" in modules  # its tables are there all the same
    assert not SLOW & modules


def test_a_library_is_imported_at_its_first_use(monkeypatch) -> None:
    from ddpm_playground.core.later import Later

    later = Later("colorsys")
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    assert "colorsys" not in sys.modules
    assert later.rgb_to_hls(0.0, 0.0, 0.0) == (0.0, 0.0, 0.0)
    assert "colorsys" in sys.modules
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = later.nothing
