"""Who imports whom, who seeds what, and that no word on screen is without use."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ddpm_playground.ui.text import table

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "ddpm_playground"
MODULES = sorted(PACKAGE.rglob("*.py"))
# A folder or file of the package may import those below it, and itself.
LAYERS = {
    "core": set(),
    "lab": {"core"},
    "engine": {"core"},
    "learn": {"core", "lab", "engine"},
    "recipe": {"core", "lab"},
    "run": {"core", "lab", "engine", "learn", "recipe"},
    "theory": {"core", "learn", "run", "recipe"},
    "views": {"core", "learn"},
    "ui": {"core", "lab", "engine", "learn", "recipe", "run", "theory", "views"},
    "commands": {"core", "lab", "engine", "learn", "recipe", "run", "cli"},
    "cli": {"commands"},
    "__init__": set(),
    "__main__": {"cli"},
}
DRAWS = {f"torch.{name}" for name in ("randn", "rand", "randint", "randperm", "randn_like", "rand_like")}
SEEDS = {"manual_seed_all", "set_seed", "seed_all", "seed_everything"}


def part_of(path: Path) -> str:
    """The layer that a module belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path, tree: ast.AST) -> set[str]:
    """Layers of the package that a module imports."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = path.parents[node.level - 1]
            targets = (
                [base.joinpath(*(node.module or "").split("."))] if node.module else [base / a.name for a in node.names]
            )
            for target in targets:
                parts = target.relative_to(PACKAGE).parts
                found.update(parts[:1] if parts else {alias.name for alias in node.names})
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("ddpm_playground"):
            found.add((node.module or "").split(".")[1])
    return found - {"__version__"}


def foreign(tree: ast.AST) -> set[str]:
    """Top-level packages from elsewhere that a module imports."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add((node.module or "").split(".")[0])
    return names


def trespasses(path: Path, source: str) -> list[str]:
    """What is wrong with a module's imports and seeds."""
    tree, part = ast.parse(source), part_of(path)
    wrong = [f"imports {other}" for other in imported(path, tree) - LAYERS[part] - {part}]
    libraries = foreign(tree)
    wrong += ["imports gradio"] if "gradio" in libraries and part != "ui" else []
    wrong += ["imports plotly"] if "plotly" in libraries and part != "views" else []
    if part == "core":
        wrong += [f"imports {name}" for name in libraries if name not in sys.stdlib_module_names | {"torch"}]
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            called = ast.unparse(node.func)
            if node.func.attr in SEEDS or called in (
                "torch.seed",
                "random.seed",
                "numpy.random.seed",
                "np.random.seed",
            ):
                wrong.append(f"seeds all with {called}")
            if called in DRAWS and "generator" not in {keyword.arg for keyword in node.keywords}:
                wrong.append(f"calls {called} without a generator (line {node.lineno})")
    if "/tabs/" in path.as_posix() and path.name != "__init__.py":
        wrong += [f"imports tab {other}" for other in re.findall(r"from \.(schedule|forward|reverse)\b", source)]
    return wrong


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_arrows_point_down(path: Path) -> None:
    assert trespasses(path, path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("where", "source"),
    [("core/a.py", "import gradio"), ("core/a.py", "import numpy"), ("core/a.py", "from ..learn import data"),
     ("views/a.py", "from ..ui.page import Page"), ("learn/a.py", "import plotly.graph_objects as go"),
     ("ui/tabs/a.py", "from .forward import build"), ("learn/a.py", "torch.cuda.manual_seed_all(0)"),
     ("core/a.py", "x = torch.randn(3)"), ("lab/a.py", "def f():\n    from ..run import Run")],
)  # fmt: skip
def test_the_test_sees_trespassers(where: str, source: str) -> None:
    assert trespasses(PACKAGE / where, source)


def test_the_only_global_seed_is_the_fork_around_diffusers_initialisers() -> None:
    found = {str(path.relative_to(PACKAGE)) for path in MODULES if re.search(r"torch\.manual_seed\(", path.read_text())}
    assert found == {"learn/network.py"}


@pytest.mark.parametrize("module", ["core", "learn.training", "lab.foreign", "recipe"])
def test_the_mathematics_does_without_a_screen(module: str) -> None:
    code = f"import sys, ddpm_playground.{module}; print([m for m in ('gradio', 'plotly') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_page_opens_before_diffusers_is_imported() -> None:
    code = "import sys, ddpm_playground.ui.app; print('diffusers' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("False")


def test_every_word_is_used() -> None:
    screens = [path for kind in ("py", "js", "html") for path in (PACKAGE / "ui").rglob(f"*.{kind}")]
    files = [*screens, *(PACKAGE / "views").rglob("*.py")]
    source = "\n".join(path.read_text(encoding="utf-8") for path in files)
    # A key may be composed: `name_{key}` uses every name_….
    composed = re.findall(r"[\"'`.]([a-zA-Z_]*_)(?:\$?\{)", source) + re.findall(r"\$\{key\}(_\w+)", source)
    unused = []
    for key in table():
        name = key.partition(".")[2]
        alone, said = rf"[\"'`.\s(]{re.escape(name)}[\"'`]", rf"\\say\{{{{1,2}}{re.escape(name)}\}}"  # in a formula
        used = re.search(f"{alone}|{said}", source) or any(
            name.startswith(stem) or (stem.startswith("_") and name.endswith(stem)) for stem in composed
        )
        if not used:
            unused.append(key)
    assert unused == []


def test_files_fit_in_one_sitting() -> None:
    sources = [p for p in PACKAGE.rglob("*") if p.suffix in (".py", ".js", ".css")]
    assert {str(p.relative_to(PACKAGE)): n for p in sources if (n := len(p.read_text().splitlines())) > 300} == {}
