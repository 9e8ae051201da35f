"""Every folder of the zoo is drawn from as diffusers itself draws from it, with the same noise."""

from pathlib import Path

import pytest
import torch

from ddpm_playground.cli import main
from tests.learn.checkpoints.zoo import REFUSED, ZOO
from tests.learn.checkpoints.zoo_table import DOCUMENT, drawn, rows_of

pytestmark = [
    pytest.mark.usefixtures("one_thread"),
    pytest.mark.filterwarnings("ignore:__array:DeprecationWarning"),  # of diffusers' own tables
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", ZOO)
def test_it_draws_what_diffusers_draws(name: str, tmp_path: Path) -> None:
    if ZOO[name].needs:
        pytest.importorskip(ZOO[name].needs)
    wanted, found = drawn(ZOO[name], tmp_path)
    assert found.dtype == torch.float32 and found.shape == wanted.shape and bool(torch.isfinite(wanted).all())
    assert float((found - wanted).abs().max() / wanted.abs().max()) < 1e-4


@pytest.mark.parametrize("name", REFUSED)
def test_what_it_cannot_draw_from_is_refused(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make, piece = REFUSED[name]
    make(tmp_path / "a")
    out = tmp_path / "x.npz"
    given = ["--checkpoint", str(tmp_path / "a"), "--num-samples", "1", "--steps", "3", "--engine", "eager"]
    assert main(["sample", *given, "--out", str(out)]) == 2
    assert piece in capsys.readouterr().err.splitlines()[-1] and not out.exists()


def test_the_table_has_every_kind_and_its_verdict() -> None:
    rows = rows_of(DOCUMENT.read_text(encoding="utf-8"))
    assert rows.keys() == ZOO.keys() | REFUSED.keys() and len(ZOO) >= 40
    for name, (loads, equal, seconds) in rows.items():
        if name in REFUSED:
            assert loads == f"no: “{REFUSED[name][1]}”" and (equal, seconds) == ("", "")
        else:
            assert loads == "yes" and float(equal) <= 1e-4 and float(seconds) > 0
