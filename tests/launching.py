"""`python -m tests.launching DEEDS`: commands by one process or by several of one launch, after one import of it all.

DEEDS is JSON: a list of [how many processes, arguments]; what comes out is JSON: for each deed, for each process, its
exit code, its stdout and its stderr. The processes are forked here, with the words of `torchrun` in their environment.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
Said = tuple[int, str, str]


def deeds(*asked: tuple[int, list[str]]) -> list[list[Said]]:
    """Do them one after another in a process of its own."""
    command = [sys.executable, "-m", "tests.launching", json.dumps(asked)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    return [[tuple(one) for one in deed] for deed in json.loads(done.stdout)]


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def _forked(size: int, arguments: list[str]) -> list[Said]:
    """The command in `size` forked processes; those of the first are ended where another one fails, as launchers do."""
    from ddpm_playground.cli import main

    port, folder, children = _free_port(), Path(tempfile.mkdtemp()), {}
    for rank in range(size):
        if child := os.fork():
            children[child] = rank
            continue
        for stream in (1, 2):
            os.dup2(os.open(folder / f"{rank}.{stream}", os.O_WRONLY | os.O_CREAT), stream)
        if size > 1:
            where = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "WORLD_SIZE": size, "LOCAL_WORLD_SIZE": size}
            given = where | {"RANK": rank, "LOCAL_RANK": rank}
            os.environ |= {name: str(value) for name, value in given.items()}
        code = main(arguments)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    codes: dict[int, int] = {}
    while children:
        child, status = os.wait()
        rank = children.pop(child)
        codes[rank] = os.waitstatus_to_exitcode(status)
        if codes[rank]:
            for other in children:
                os.kill(other, 15)
    return [(codes[k], (folder / f"{k}.1").read_text(), (folder / f"{k}.2").read_text()) for k in range(size)]


if __name__ == "__main__":
    import accelerate  # noqa: F401
    import diffusers  # noqa: F401
    import torch

    torch.set_num_threads(1)
    print(json.dumps([_forked(size, arguments) for size, arguments in json.loads(sys.argv[1])]))
