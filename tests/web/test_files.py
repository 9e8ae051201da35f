"""The page's scripts as files: what is served, and how they hang together."""

import gzip
import posixpath
import re
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from ddpm_playground.ui.page.component import MOUNT, in_browser
from ddpm_playground.ui.page.prelude import web_middleware
from ddpm_playground.ui.serving.web import FOLDER, INLINE, STYLES, web_files
from ddpm_playground.ui.words.language import LANGUAGES
from ddpm_playground.ui.words.scripts import LATE, early, late, word_scripts
from ddpm_playground.ui.words.text import table

MODULES = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.js"))
IMPORT = re.compile(r'^(?:import|\}) .*from "([^"]+)";$', re.MULTILINE)
# A folder may import those below it, and itself; page, core and draw know nothing of a tab.
LAYERS = {"core": set(), "page": {"core"}, "draw": {"core", "page"}}
TABS = {"schedule", "forward", "reverse", "lab", "chapters", "train", "header"}
PAGE = '<!doctype html><html><head><meta charset="utf-8"><base href="./"><title>x</title></head><body></body></html>'


@pytest.fixture(scope="module")
def client() -> TestClient:
    page = Route("/{path:path}", lambda request: HTMLResponse(PAGE))
    return TestClient(Starlette(routes=[page], middleware=web_middleware({"plotly": "</script><b>"})))


def address(path: str) -> str:
    """Where the page finds a file."""
    return web_files().address(path).removeprefix(".")


@pytest.mark.parametrize("name", MODULES)
def test_every_import_exists_and_none_goes_up(name: str) -> None:
    path, folder = FOLDER / name, name.partition("/")[0]
    for target in IMPORT.findall(path.read_text(encoding="utf-8")):
        if target.startswith("../protocol"):
            continue
        found = (path.parent / target).resolve()
        assert found.is_file(), f"{name} imports {target}, which is not there"
        other = found.relative_to(FOLDER).parts[0]
        assert other in LAYERS.get(folder, LAYERS.keys() | {"draw", folder}) | {folder}, f"{name} imports {target}"


def test_core_knows_no_page() -> None:
    for path in (FOLDER / "core").glob("*.js"):
        assert not re.search(r"\b(window|document|element)\.", path.read_text(encoding="utf-8")), path


def test_a_template_a_module_and_a_style_stand_side_by_side() -> None:
    for template in FOLDER.rglob("*.html"):
        assert "export function mount(" in template.with_suffix(".js").read_text(encoding="utf-8")
        assert template.with_suffix(".css").is_file()


def test_a_file_is_kept_for_good_and_comes_compressed(client: TestClient) -> None:
    answer = client.get(address("core/formulas.js"))
    assert answer.status_code == 200 and "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.content == (FOLDER / "core" / "formulas.js").read_bytes()
    plain = client.get(address("core/formulas.js"), headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers and plain.content == answer.content
    assert all(gzip.decompress(file.gzipped) == file.plain for file in web_files().files.values())


def test_styles_come_as_one_file(client: TestClient) -> None:
    answer = client.get(address(STYLES))
    assert answer.headers["content-type"].startswith("text/css") and ".ddpm-canvas-player" in answer.text


@pytest.mark.parametrize(
    "path",
    ["core/none.js", "../web.py", "core/../../component.py", "page/prelude.js", "lab/lab.html", "protocol.d.ts", ""],
)
def test_nothing_else_is_served(client: TestClient, path: str) -> None:
    answer = client.get(address(path))
    assert answer.status_code == 404 or answer.text.startswith("<!doctype html>")


def test_another_version_is_none_and_is_not_kept(client: TestClient) -> None:
    answer = client.get("/ddpm-web/0123456789ab/core/formulas.js")
    assert answer.status_code == 404 and answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("root", ["", "/spaces/one", "/ddpm-web"])
def test_files_are_found_behind_a_root_path_too(client: TestClient, root: str) -> None:
    assert client.get(root + address("page/bus.js")).status_code == 200


def test_the_page_names_its_modules_before_any_script(client: TestClient) -> None:
    page = client.get("/").text
    start, base = page.index('<script type="importmap">'), page.index("<base")
    assert base < start < page.index("<title>")
    assert web_files().address() in page
    told = page[page.index("window.ddpm =") : page.rindex("</head>")]
    assert told.count("</script>") == len(INLINE), "what the page is told must not end its script"


def test_words_come_as_a_file_of_one_language_and_a_rooms_own_with_the_room(client: TestClient) -> None:
    page = client.get("/").text
    assert table("en")["reverse.start"] not in page and address(early("en")) in page
    for language in LANGUAGES:
        first = client.get(address(early(language)))
        assert first.headers["content-type"].startswith("text/javascript") and first.headers["content-encoding"]
        scripts = {path: web_files().files[path].plain.decode() for path in word_scripts() if f"/{language}." in path}
        told = {key: path for path, script in scripts.items() for key in re.findall(r'"(\w+\.\w+)":"', script)}
        assert set(told) == set(table(language))
        for room, begin in LATE.items():
            assert {key for key, path in told.items() if path == late(room, language)} == {
                key for key in told if key.startswith(begin)
            }
    said = "".join(path.read_text(encoding="utf-8") for path in FOLDER.rglob("*.html"))
    assert not any(f'"{begin}' in said for begin in LATE.values()), "a template's words are there from the start"


def test_what_is_imported_on_the_way_comes_on_the_way() -> None:
    named = web_files().modules_of("reverse")
    assert "reverse/run_saving.js" in named and not {"reverse/run_files.js", "draw/paper.js"} & set(named)
    assert "pieces/start.js" in web_files().modules_of("pieces")


def test_a_room_names_every_module_that_its_components_import() -> None:
    told = web_files().modules_of("header")
    assert {"header/header.js", "page/dom.js", "page/words.js"} <= set(told) and "reverse/player.js" not in told
    for room in {path.partition("/")[0] for path in web_files().modules}:
        named = set(web_files().modules_of(room))
        for path in named:
            source = web_files().files[path].plain.decode()
            asked = {posixpath.normpath(f"{path}/../{one}") for one in re.findall(r'from "(\.[^"]+)"', source)}
            assert asked <= named, (room, path)


def test_the_version_is_that_of_the_files() -> None:
    assert re.fullmatch(r"[0-9a-f]{12}", web_files().version)
    assert set(web_files().modules) == set(MODULES) - set(INLINE)


def test_javascript_for_gradio_imports_a_module_that_exports_what_is_called() -> None:
    script = in_browser("page/settings.js", "remember('t', value)", "value")
    assert script == """(value) => import("ddpm/page/settings.js").then((module) => module.remember('t', value))"""
    calls = [
        found
        for path in (FOLDER.parent).rglob("*.py")
        for found in re.findall(r'in_browser\(\s*"([\w/.]+)",\s*f?"(\w+)\(', path.read_text(encoding="utf-8"))
    ]
    assert len(calls) >= 4
    for module, name in calls:
        assert re.search(
            rf"export (async )?(const|function) {name}\b", Path(FOLDER, module).read_text(encoding="utf-8")
        )
    assert "mountOnceSeen(" in MOUNT and "export async function mountOnceSeen(" in Path(
        FOLDER, "page/mounting.js"
    ).read_text(encoding="utf-8")
