"""The wheel alone, installed and used from another folder, is the whole product; and what it needs is what is said."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
from packaging.requirements import Requirement

from ddpm_playground.cli import COMMANDS, main
from ddpm_playground.ui.chapters import CHAPTERS

from .browser.server import served
from .security.client import Client

ROOT = Path(__file__).parents[1]
SOURCE = ("ddpm_playground", "pyproject.toml", "README.md", "LICENSE", "MANIFEST.in")
BUILD = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"
GENERATED = {".pyc", ".pyi"}  # by Python and by Gradio, as .gitignore has them
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, so that nothing that an earlier build left comes into it, and nothing is left here."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in SOURCE:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, source / name)
    subprocess.run([sys.executable, "-c", BUILD, str(out)], cwd=source, check=True, capture_output=True)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Scripts of an environment that has the wheel, and the other packages where this one has them."""
    environment = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    scripts = environment / "bin"
    install = [sys.executable, "-m", "pip", "--python", str(scripts / "python"), "install", "--no-deps", "--no-index"]
    subprocess.run([*install, str(wheel)], check=True, capture_output=True)
    (packages,) = environment.glob("lib/python*/site-packages")
    others = [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    (packages / "others.pth").write_text("\n".join(others))
    return scripts


@pytest.fixture
def run(installed: Path, tmp_path: Path) -> Run:
    """Runs a script of that environment in an empty folder; what it prints and its code."""

    def call(script: str, *argv: str) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "DDPM_CHECKPOINTS")}
        command = [str(installed / script), *argv]
        return subprocess.run(command, cwd=tmp_path, env=kept, capture_output=True, text=True, timeout=300)

    return call


@pytest.mark.slow
def test_the_wheel_has_every_file_of_the_package(wheel: Path) -> None:
    package = ROOT / "ddpm_playground"
    wanted = {p.relative_to(ROOT).as_posix() for p in package.rglob("*") if p.is_file() and p.suffix not in GENERATED}
    with zipfile.ZipFile(wheel) as file:
        packed = {name for name in file.namelist() if ".dist-info/" not in name}
    assert packed == wanted
    assert "ddpm_playground/py.typed" in packed
    assert [name for name in packed if name.endswith("unet/diffusion_pytorch_model.safetensors")] == [
        "ddpm_playground/data/checkpoints/mnist/unet/diffusion_pytorch_model.safetensors"
    ]


@pytest.mark.slow
def test_the_commands_run_in_another_folder(run: Run, installed: Path, tmp_path: Path) -> None:
    where = run("python", "-c", "import ddpm_playground; print(ddpm_playground.__file__)")
    assert Path(where.stdout.strip()).is_relative_to(installed.parent), where.stderr
    shown = run("ddpm-playground", "schedule", "show", "cosine", "--T", "10", "--json")
    assert shown.returncode == 0 and '"alpha_bar' in shown.stdout, shown.stderr
    two = ["--num-samples", "2", "--steps", "2", "--engine", "eager"]
    for name in ("mnist", "checkpoints/mnist"):
        drawn = run("ddpm-playground", "sample", "--checkpoint", name, "--out", f"{name[:5]}.npz", *two)
        assert drawn.returncode == 0, drawn.stderr
    images = [np.load(tmp_path / f"{name}.npz")["images"] for name in ("mnist", "check")]
    assert images[0].shape == (2, 28, 28, 1) and np.array_equal(*images)


@pytest.mark.slow
def test_the_page_has_the_shipped_network_and_every_chapter(installed: Path, tmp_path: Path) -> None:
    command = [str(installed / "ddpm-playground"), "serve"]
    with served("ddpm-playground serve", command=command, cwd=tmp_path) as address:
        client = Client(address, "reader")
        for name in CHAPTERS:
            answer = client.ask("theory", "compute", {"chapter": name, "values": {}})
            assert "problem" not in answer and answer["blocks"], (name, answer)
        with client.listening() as heard:
            assert client.start(num_steps=2, num_images=1).status_code == 200
            heard.until(lambda h: [value for value in h.values if value.get("done")], 120)
            assert not heard.errors
        client.close()


def test_without_a_command_it_says_what_there_is(capsys) -> None:
    assert main([]) == 2
    out, err = capsys.readouterr()
    assert out == "" and all(f"\n    {name}" in err for name in COMMANDS)


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["--port", "0"], "[1, 65535], got '0'"), (["--port", "79 60"], "got '79 60'"), (["--port", "٧"], "got '٧'"),
        (["--root-path", "playground"], "begins with /"), (["--root-path", "/"], "try /playground"),
        (["--root-path", "/a?b"], "got '/a?b'"), (["--root-path", ""], "it is empty"), (["--host", " "], "it is empty"),
    ],
)  # fmt: skip
def test_serve_refuses_what_is_no_address(capsys, argv: list[str], told: str) -> None:
    with pytest.raises(SystemExit) as left:
        main(["serve", *argv])
    out, err = capsys.readouterr()
    assert left.value.code == 2 and out == "" and told in err and err.count("\n") == 1


def test_the_flags_of_serve_are_the_variables_of_the_page(monkeypatch) -> None:
    from ddpm_playground.ui import app

    names = ("GRADIO_SERVER_NAME", "GRADIO_SERVER_PORT", "GRADIO_SHARE", "GRADIO_ROOT_PATH")
    for name in names:
        monkeypatch.setenv(name, "before")
    monkeypatch.setenv("GRADIO_SERVER_PORT", "")
    seen: list[str | None] = []
    monkeypatch.setattr(app, "build", lambda: None)
    monkeypatch.setattr(app, "launch", lambda demo: seen.extend(map(os.environ.get, names)))
    assert main(["serve", "--host", "localhost", "--share", "--root-path", "https://a.example/b/"]) == 0
    assert seen == ["localhost", None, "True", "https://a.example/b"]


UNTESTED = {
    "text",
    "video",
}  # extras that the tested set leaves out, for their size; what they do is refused in words without


def requirements() -> dict[str, Requirement]:
    """What pyproject.toml asks for, extras of the tested set included, by name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = [lines for name, lines in project["optional-dependencies"].items() if name not in UNTESTED]
    lines = [*project["dependencies"], *(line for extra in extras for line in extra)]
    return {Requirement(line).name: Requirement(line) for line in lines}


def test_the_tested_set_lies_within_the_ranges() -> None:
    tested = dict(line.split("==") for line in (ROOT / "requirements.txt").read_text().split())
    ranges = requirements()
    assert tested.keys() == ranges.keys()
    assert [name for name, number in tested.items() if number not in ranges[name].specifier] == []
    assert all(re.fullmatch(r">=[\d.]+", str(one)) or re.fullmatch(r"<\d+", str(one))
               for name in ranges for one in ranges[name].specifier)  # fmt: skip


def test_what_is_installed_here_lies_within_the_ranges() -> None:
    assert [name for name, wanted in requirements().items() if version(name) not in wanted.specifier] == []
