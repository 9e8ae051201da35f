"""Right after its start, the page answers everybody: what is slow to import comes once."""

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from ..browser.server import served
from .client import Client

BEGIN = {"data": "digits", "schedule": "linear", "learning_rate": 1e-3, "seed": 0, "t": 1, "then": "single_step"}


@pytest.mark.slow
def test_seven_different_requests_in_the_first_second_are_all_answered():
    with served("app") as address:
        clients = [Client(address, f"first{i}") for i in range(7)]
        look = next(d for d in clients[0].config["dependencies"] if d["targets"][0][1] == "tick")
        changed = [look["inputs"][0], "change"]
        of_checkpoint = [d for d in clients[0].config["dependencies"] if changed in d["targets"] and d["backend_fn"]]
        fitted = next(d for d in of_checkpoint if len(d["outputs"]) > 3)
        chapter = {"values": {}}
        deeds = [
            lambda c: c.start(num_steps=2, num_images=1),
            lambda c: c.join(look, ["mnist", 16, 200, 1.0, "ddpm"]),
            lambda c: c.join(fitted, ["mnist", "all", "ddpm"]),
            lambda c: c.join(c.event("train", "begin"), [], BEGIN),
            lambda c: c.call("theory", "compute", chapter | {"chapter": "training"}),
            lambda c: c.call("theory", "compute", chapter | {"chapter": "sampling"}),
            lambda c: c.ask("lab", "examine", {"text": '{"_class_name": "DDIMScheduler"}'}),
        ]
        wanted = {0: "done", 3: "rate"}  # streams: until they say so; the others until they are done
        with ThreadPoolExecutor(7) as threads, ExitStack() as stack:
            heard = [stack.enter_context(client.listening()) for client in clients]
            answers = list(threads.map(lambda pair: pair[0](pair[1]), zip(deeds, clients, strict=True)))
            said = [json.dumps(one if isinstance(one, dict) else one.json()) for one in answers]
            assert not [one for one in said if "problem" in one[:200]]
            for i in range(4):
                if i in wanted:
                    key = wanted[i]
                    last = heard[i].until(lambda h, key=key: [v for v in h.values if v.get(key)], 120)[-1]
                    assert not last.get("problem")
                else:
                    heard[i].until(lambda h: [m for m in h.messages if m["msg"] == "process_completed"], 120)
                assert heard[i].errors == []
