"""What all tests share: lanes, processes, hypothesis settings and a tiny data set."""

import gzip
import os
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

# Before torch is imported, and for the processes that tests start: on tiny tensors threads wait for each other, and
# several of these processes share the cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np  # noqa: E402
import pytest  # noqa: E402
import torch  # noqa: E402
from hypothesis import settings  # noqa: E402

settings.register_profile("house", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("house")


# Fixtures that serve a page, which takes seconds.
PAGES = {"playground", "page", "address"}
MOST_WORKERS = 4  # each imports torch, and serves pages of its own


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One process a core for whole folders; none besides this one for single files, which start sooner, and a card."""
    if any(".py" in argument for argument in config.args) or config.option.markexpr == "gpu":
        return 0
    return min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1, MOST_WORKERS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Lanes: a test that opens Chromium is `browser`, one that serves a page `slow`, others as they are marked.

    What a browser shows depends on what else the machine does in that second: a test of it that fails is run once more,
    and both runs are told. Browser tests come first: their files take longest, and at the end nobody shares them.
    """
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if "chromium" in fixtures:
            item.add_marker("browser")
            item.add_marker(pytest.mark.flaky(reruns=1))
        if fixtures & PAGES:
            item.add_marker("slow")
        if item.get_closest_marker("gpu") and not torch.cuda.is_available():
            item.add_marker(pytest.mark.skip(reason="no CUDA device on this machine"))
    items.sort(key=lambda item: item.get_closest_marker("browser") is None)


@pytest.fixture(scope="session", autouse=True)
def cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Exported networks go to a folder of this session's own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DDPM_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(autouse=True)
def eager(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tiny networks run eagerly; tests/engine and the browser tests see the engine that users get."""
    if request.node.get_closest_marker("browser") is None and "engine" not in request.path.parts:
        monkeypatch.setenv("DDPM_ENGINE", "eager")


def write_idx(path: Path, array: np.ndarray) -> None:
    """`array` (uint8) as an IDX .gz file."""
    header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    path.write_bytes(gzip.compress(header + array.tobytes()))


@pytest.fixture
def idx_folder(tmp_path: Path) -> Callable[..., Path]:
    """Writes a folder of IDX files: bright squares on black, the square's corner says the class."""

    def write(count: int = 48, size: int = 8, num_classes: int = 3, name: str = "pictures") -> Path:
        folder = tmp_path / name
        folder.mkdir()
        rng = np.random.default_rng(0)
        for prefix, n in (("train", count), ("t10k", max(num_classes, count // 4))):
            labels = np.arange(n, dtype=np.uint8) % num_classes
            images = rng.integers(0, 40, (n, size, size), dtype=np.uint8)
            half = size // 2
            for image, label in zip(images, labels, strict=True):
                row, column = divmod(int(label) % 4, 2)
                image[row * half : (row + 1) * half, column * half : (column + 1) * half] += 200
            write_idx(folder / f"{prefix}-images-idx3-ubyte.gz", images)
            write_idx(folder / f"{prefix}-labels-idx1-ubyte.gz", labels)
        return folder

    return write


@pytest.fixture
def one_thread():
    """One CPU thread, as a bit-equal comparison of two runs needs."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
