"""Who imports whom, who seeds what, and that no word on screen is without use."""

import ast
import importlib
import queue
import re
import subprocess
import sys
import threading
from collections import Counter
from concurrent.futures import Executor
from pathlib import Path
from types import ModuleType

import pytest

from ddpm_playground.tabs import TABS
from ddpm_playground.ui.reverse.runs import Runs
from ddpm_playground.ui.serving.deeds import WORKERS
from ddpm_playground.ui.serving.files import FILES
from ddpm_playground.ui.serving.owners import OWNERS
from ddpm_playground.ui.serving.turns import Turns
from ddpm_playground.ui.words.text import table

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "ddpm_playground"
MODULES = sorted(PACKAGE.rglob("*.py"))
# A folder or file of the package may import those below it, and itself.
LAYERS = {
    "core": set(),
    "bridge": {"core"},
    "lab": {"core", "bridge"},
    "engine": {"core"},
    "learn": {"core", "bridge", "engine"},
    "tabs": set(),
    "recipe": {"core", "bridge", "tabs"},
    "run": {"core", "bridge", "engine", "learn", "recipe"},
    "lecture": {"core", "learn", "run", "recipe"},
    "experiments": {"core", "learn", "run", "recipe", "views"},
    "views": {"core", "learn"},
    "api": {"core", "bridge", "lab", "learn", "recipe", "run", "lecture", "views"},
    "watching": {"core", "bridge", "lab", "learn", "recipe", "run", "views"},
    "ui": {"api", "core", "bridge", "lab", "engine", "learn", "recipe", "run", "lecture", "tabs", "views", "worker"}
    | {"offline", "experiments"},
    "worker": {"core"},
    "offline": set(),
    "commands": {"api", "core", "bridge", "lab", "engine", "learn", "recipe", "run", "cli", "ui", "offline"}
    | {"experiments", "views"},
    "cli": {"commands", "core", "offline"},
    "__init__": {"watching"},
    "__main__": {"cli"},
}
TAB_ROOMS = {path.parent.name for path in (PACKAGE / "ui").glob("*/tab.py")}
DRAWS = {f"torch.{name}" for name in ("randn", "rand", "randint", "randperm", "randn_like", "rand_like")}
SEEDS = {"manual_seed_all", "set_seed", "seed_all", "seed_everything"}


def part_of(path: Path) -> str:
    """The layer that a module belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def reached(path: Path, tree: ast.AST) -> set[tuple[str, ...]]:
    """What of the package a module imports, each as its way down from the package: ("learn", "data", "pictures")."""
    found = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom):
            continue
        if node.level:
            base = path.parents[node.level - 1].relative_to(PACKAGE).parts
        elif (node.module or "").split(".")[0] == PACKAGE.name:
            base = ()
        else:
            continue
        inner = tuple((node.module or "").split(".")) if node.module else ()
        way = base + (inner if node.level else inner[1:])
        found.update((*way, alias.name) for alias in node.names)
    return found - {("__version__",)}


def imported(path: Path, tree: ast.AST) -> set[str]:
    """Layers of the package that a module imports."""
    return {way[0] for way in reached(path, tree)}


def tabs_imported(path: Path, tree: ast.AST) -> set[str]:
    """Rooms of tabs that a module of the page imports and is not in."""
    rooms = {way[1] for way in reached(path, tree) if way[0] == "ui"}
    return (rooms & TAB_ROOMS) - set(path.relative_to(PACKAGE).parts)


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
    if part == "ui" and path.name != "app.py":
        wrong += [f"imports tab {other}" for other in tabs_imported(path, tree)]
    return wrong


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_arrows_point_down(path: Path) -> None:
    assert trespasses(path, path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("where", "source"),
    [("core/a.py", "import gradio"), ("core/a.py", "import numpy"), ("core/a.py", "from ..learn import data"),
     ("views/a.py", "from ..ui.page import Page"), ("learn/a.py", "import plotly.graph_objects as go"),
     ("learn/training/a.py", "torch.cuda.manual_seed_all(0)"), ("ui/page/a.py", "from ..reverse.runs import Runs"),
     ("core/a.py", "x = torch.randn(3)"), ("lab/a.py", "def f():\n    from ..run import Run"),
     *((f"ui/{room}/a.py", f"from ..{other}.tab import build")
       for room in sorted(TAB_ROOMS) for other in sorted(TAB_ROOMS) if room != other),
     *((f"ui/{room}/a.py", f"from .. import {other}")
       for room in sorted(TAB_ROOMS) for other in sorted(TAB_ROOMS) if room != other)],
)  # fmt: skip
def test_the_test_sees_trespassers(where: str, source: str) -> None:
    assert trespasses(PACKAGE / where, source)


def test_every_tab_has_a_room() -> None:
    assert {tab.module.split(".")[-2] for tab in TABS.values()} == TAB_ROOMS


SHORT_ROOMS = ("learn", "lecture", "experiments", "ui/chapters")
MOST_LINES = 40  # of a function, from its def to its end, without its docstring


def long_functions(source: str) -> dict[str, int]:
    """Functions and methods of more than MOST_LINES lines, with their number; one inside another counts in both."""
    found = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or 0) - node.lineno + 1
            if ast.get_docstring(node) is not None:
                lines -= (node.body[0].end_lineno or 0) - node.body[0].lineno + 1
            if lines > MOST_LINES:
                found[node.name] = lines
    return found


@pytest.mark.parametrize("room", SHORT_ROOMS)
def test_functions_fit_on_a_screen(room: str) -> None:
    files = sorted((PACKAGE / room).rglob("*.py"))
    assert files
    found = {str(path.relative_to(PACKAGE)): long_functions(path.read_text(encoding="utf-8")) for path in files}
    assert {name: functions for name, functions in found.items() if functions} == {}


def test_the_test_sees_long_functions() -> None:
    def source(lines: int, docstring: str = "") -> str:
        return "class C:\n    def f(self):\n" + docstring + "        x = 1\n" * lines

    two = '        """One\n        two."""\n'
    assert long_functions(source(MOST_LINES - 1)) == long_functions(source(MOST_LINES - 1, two)) == {}
    assert long_functions(source(MOST_LINES)) == {"f": MOST_LINES + 1}


def test_tex_needs_no_tripled_braces() -> None:
    assert [str(path.relative_to(PACKAGE)) for path in MODULES if "{" * 3 in path.read_text(encoding="utf-8")] == []


def test_algorithm_1_s_gradient_step_stands_once() -> None:
    """Who goes backwards: `gradient_step`, and two that are no diffusion, a classifier's training and a fit of θ."""
    found = {str(p.relative_to(PACKAGE)) for p in MODULES if ".backward(" in p.read_text(encoding="utf-8")}
    others = {"learn/judging/classifier.py", "lecture/likelihood.py"}
    assert found == {"learn/training/algorithm_1.py"} | others


def test_no_two_files_have_the_same_name() -> None:
    stems = Counter(path.stem for path in MODULES if path.stem not in ("__init__", "tab"))
    assert {stem for stem, count in stems.items() if count > 1} == set()


def test_the_only_global_seed_is_the_fork_around_diffusers_initialisers() -> None:
    found = {str(path.relative_to(PACKAGE)) for path in MODULES if re.search(r"torch\.manual_seed\(", path.read_text())}
    assert found == {"learn/networks/unet.py"}


OF_THE_PROCESS = (FILES, OWNERS, WORKERS)  # its temporary folder, the sessions it has heard of, its workers
CHANGING = {"add", "append", "clear", "discard", "extend", "insert", "pop", "popitem", "remove", "setdefault", "update"}
LOCKS = (type(threading.Lock()), type(threading.RLock()), threading.Condition, threading.Event)


def is_state(value: object, depth: int = 2) -> bool:
    """Whether several threads change this: a lock, or threads of its own, in it or in what it is made of."""
    if isinstance(value, (*LOCKS, Executor, queue.Queue)):
        return True
    parts = getattr(value, "__dict__", {}) if type(value).__module__.startswith(PACKAGE.name) else {}
    return depth > 0 and any(is_state(part, depth - 1) for part in parts.values())


def state_of(module: ModuleType) -> dict[str, object]:
    """A module's own values that are state; classes are none."""
    return {name: value for name, value in vars(module).items() if not isinstance(value, type) and is_state(value)}


def changed(source: str) -> set[str]:
    """Names of a module's own values that its functions put something into, take something out of or set anew."""
    tree, found = ast.parse(source), set()
    names = {one.id for node in tree.body for one in ast.walk(node) if isinstance(one, ast.Name) and
             isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(one.ctx, ast.Store)}  # fmt: skip
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.Global):
                found.update(node.names)
            put = isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load)
            if put or (isinstance(node, ast.Attribute) and node.attr in CHANGING):
                found.add(ast.unparse(node.value))
    return found & names


def test_no_module_of_the_page_keeps_a_visitors_things() -> None:
    """They hang on the page, so that two pages share nothing and one place lets go of them."""
    seen = []
    for path in MODULES:
        if part_of(path) == "ui" and path.name != "__init__.py":
            name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
            kept = state_of(importlib.import_module(f"{PACKAGE.name}.{name}"))
            seen += kept.values()
            assert [one for one, value in kept.items() if not any(value is own for own in OF_THE_PROCESS)] == [], name
            assert changed(path.read_text(encoding="utf-8")) == set(), name
    assert all(any(own is value for value in seen) for own in OF_THE_PROCESS)


def test_the_test_sees_state() -> None:
    module = ModuleType("any")
    vars(module).update(runs=Runs(), line=Turns("chain", 1, 1), lock=threading.RLock(), cls=Runs, most=3, names=["a"])
    assert set(state_of(module)) == {"runs", "line", "lock"}
    source = "A, B = {}, []\nC: dict = {}\nD = {}\nE = 1\ndef f(x):\n    A[x] = D[x]\n    B.append(x)\n    del C[x]\n"
    assert changed(source) == {"A", "B", "C"} and changed(source + "    global E\n") == {"A", "B", "C", "E"}


@pytest.mark.slow
def test_the_mathematics_does_without_a_screen() -> None:
    """One process imports them in turn, so that the first one that brings a screen is named."""
    modules = ["core", "recipe", "bridge.diffusers_samplers", "learn.training.loop"]
    lines = [f"import ddpm_playground.{name}\nprint({name!r}, *screens & sys.modules.keys())" for name in modules]
    code = "\n".join(["import sys", "screens = {'gradio', 'plotly'}", *lines])
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:-1] == modules


@pytest.mark.slow
def test_the_page_opens_before_diffusers_is_imported() -> None:
    code = "import sys, ddpm_playground.ui.app; print('diffusers' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("False")


def test_every_word_is_used() -> None:
    screens = [path for kind in ("py", "js", "html") for path in (PACKAGE / "ui").rglob(f"*.{kind}")]
    files = [*screens, *(path for room in ("views", "commands") for path in (PACKAGE / room).rglob("*.py"))]
    source = "\n".join(path.read_text(encoding="utf-8") for path in files)
    # A key may be composed: `name_{key}` uses every name_….
    composed = re.findall(r"[\"'`.]([a-zA-Z_]*_)(?:\$?\{)", source) + re.findall(r"\$\{key\}(_\w+)", source)
    # A word by itself ends in a quotation mark, or is said in a formula; `a.b.c"` uses a.b.c, b.c and c.
    used = set(re.findall(r"\\say\{{1,2}([\w.]+)\}", source))
    for quoted in set(re.findall(r"(?<=[\"'`.\s(])[\w.-]+(?=[\"'`])", source)):
        parts = quoted.split(".")
        used.update(".".join(parts[i:]) for i in range(len(parts)))
    unused = [
        key
        for key in table()
        if (name := key.partition(".")[2]) not in used
        and not any(name.startswith(stem) or (stem.startswith("_") and name.endswith(stem)) for stem in composed)
    ]
    assert unused == []


def test_files_fit_in_one_sitting() -> None:
    sources = [p for p in PACKAGE.rglob("*") if p.suffix in (".py", ".js", ".css", ".html")]
    assert {str(p.relative_to(PACKAGE)): n for p in sources if (n := len(p.read_text().splitlines())) > 300} == {}


def test_scripts_and_styles_are_not_packed() -> None:
    sources = [path for path in (PACKAGE / "ui" / "web").rglob("*") if path.suffix in (".js", ".css", ".html", ".ts")]
    long = {
        str(path.relative_to(PACKAGE)): number
        for path in sources
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if len(line) > 120
    }
    assert len(sources) > 100 and long == {}
