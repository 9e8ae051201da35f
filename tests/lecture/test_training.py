"""Algorithm 1 line by line: each line's tensors against its formula, and each visitor's run apart from the others."""

import copy
import json
import math
import re
from contextlib import AbstractContextManager

import pytest
import torch

from ddpm_playground.core import make_schedule
from ddpm_playground.lecture.training_lines import (
    AHEAD,
    BATCH,
    EVERY,
    HELD_OUT,
    PATIENCE,
    Algorithm1,
    algorithm_1,
    plateau,
    smoothed,
    split,
    trained_error_by_quarter,
)
from ddpm_playground.run import shelf
from ddpm_playground.ui.chapters.chapter import Chapter, Keeps
from ddpm_playground.ui.chapters.sessions import Sessions
from ddpm_playground.ui.chapters.training_page import TRAINING
from ddpm_playground.ui.words.text import table

pytestmark = pytest.mark.slow  # every test here trains

LR = 1e-3
SESSIONS = Sessions()


def weights(unet: torch.nn.Module) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for p in unet.parameters()])


def held(visitor: str, start: str) -> AbstractContextManager[Algorithm1]:
    return SESSIONS.held(visitor, TRAINING, {"start": start})


def shown(values: dict, visitor: str) -> dict:
    """The blocks that a visitor gets, as they travel, by kind; every number in them is finite."""
    values = TRAINING.read(values)
    with SESSIONS.held(visitor, TRAINING, values) as kept:
        found = TRAINING.shown(values, kept)
    blocks = json.loads(json.dumps(found.blocks, allow_nan=False))
    json.dumps([found.answer, found.because], allow_nan=False)
    return {"listing": blocks[0], "tensors": blocks[1], "answer": found.answer}


@pytest.fixture(scope="module")
def untouched() -> torch.Tensor:
    """The shipped weights before any test."""
    return weights(shelf().load("mnist").unet).clone()


def test_each_line_leaves_what_it_says(one_thread):
    run, seen = algorithm_1("scratch"), {}
    for k in range(1, 7):
        start = weights(run.unet).clone()
        run.go_to(k, LR)
        seen[k] = {name for name, value in vars(run.now).items() if value is not None}
        assert torch.equal(start, weights(run.unet)) == (k != 5), f"line {k}"
    assert [len(seen[k]) for k in range(1, 7)] == [0, 2, 3, 4, 10, 10]
    now, alpha_bars = run.now, make_schedule("linear").alpha_bars
    assert now.x_0.shape == (BATCH, 1, 28, 28) and -1 <= float(now.x_0.min()) < float(now.x_0.max()) <= 1
    assert now.t.min() >= 1 and now.t.max() <= 1000
    # x_t = √ᾱ_t x_0 + √(1−ᾱ_t) ε, with the tables' own numbers.
    for i, t in enumerate(now.t.tolist()):
        wanted = math.sqrt(alpha_bars[t]) * now.x_0[i].double() + math.sqrt(1 - alpha_bars[t]) * now.eps[i].double()
        torch.testing.assert_close(now.x_t[i].double(), wanted, atol=2e-6, rtol=0)
    for said, error in ((now.eps_theta, now.before), (now.eps_theta_after, now.after)):
        torch.testing.assert_close(((now.eps - said) ** 2).mean((1, 2, 3)), error)
    assert run.losses == [pytest.approx(float(now.before.mean()))]
    assert float(now.after.mean()) < float(now.before.mean())


def test_the_gradient_is_that_of_the_loss(one_thread):
    run = algorithm_1("scratch")
    run.go_to(4, LR)
    twin, now = copy.deepcopy(run.unet), run.now
    run.go_to(5, LR)
    # The network counts t from 0.
    loss = (now.eps - twin(now.x_t, now.t - 1, class_labels=now.label).sample).square().mean()
    loss.backward()
    norm = math.sqrt(sum(float(p.grad.double().square().sum()) for p in twin.parameters()))
    assert run.now.gradient_norm == pytest.approx(norm, rel=1e-4)
    # Adam's first step moves each weight by the learning rate against the sign of its gradient.
    for moved, before in zip(run.unet.parameters(), twin.parameters(), strict=True):
        clear = before.grad.abs() > 1e-4
        step = (before - moved)[clear]
        torch.testing.assert_close(step, LR * before.grad[clear].sign(), atol=2e-5, rtol=0)


def test_the_same_lines_give_the_same_numbers(one_thread):
    first, second = algorithm_1("scratch"), algorithm_1("scratch")
    first.go_to(12, LR)
    for k in range(1, 13):
        second.go_to(k, LR)
    assert torch.equal(weights(first.unet), weights(second.unet)) and first.losses == second.losses
    first.go_to(5, LR)
    second.restart()
    second.go_to(5, LR)
    assert first.k == second.k == 5 and torch.equal(weights(first.unet), weights(second.unet))


def test_it_learns_and_holds_digits_out(one_thread):
    run = algorithm_1("scratch")
    run.go_to(60, LR)
    assert [n for n, _ in run.held_out] == [0, EVERY, 2 * EVERY]
    assert run.held_out[-1][1] < 0.5 * run.held_out[0][1]
    trained_on, batch = split()
    x_0 = trained_on.x_0(slice(None)).flatten(1)
    assert len(trained_on) + len(batch.x_0) == 1000 and len(batch.t) == HELD_OUT
    assert float(torch.cdist(batch.x_0.flatten(1), x_0).min()) > 0
    assert batch.t.unique().numel() == HELD_OUT


def test_lines_that_cannot_be_reached_are_refused():
    run = algorithm_1("scratch")
    with pytest.raises(ValueError, match="press “Start again”"):
        run.go_to(AHEAD + 1, LR)
    assert run.k == 0
    run.go_to(5, LR)
    with torch.no_grad():
        next(run.unet.parameters()).fill_(math.nan)
    with pytest.raises(ValueError, match="lower the learning rate"):
        run.go_to(11, LR)
    run.go_to(0, LR)
    run.go_to(5, LR)
    assert math.isfinite(run.losses[-1])


def test_a_plateau_is_told():
    falling = [(n, 1.0 / (1 + n)) for n in range(0, 100, EVERY)]
    assert not plateau(falling).converged and plateau(falling).at == falling[-1][0]
    flat = [(0, 1.0), *((n, 0.5 - 1e-4 * n) for n in range(EVERY, PATIENCE + 2 * EVERY, EVERY))]
    assert not plateau(flat[:-1]).converged
    assert plateau(flat) == (0.5 - 1e-4 * EVERY, EVERY, PATIENCE, True)
    torch.testing.assert_close(smoothed([4.0, 2.0, 0.0], 2), [4.0, 3.0, 1.0])


def test_visitors_do_not_touch_each_other(one_thread):
    """One trains on while another redraws; the fourth of three kept sends the first away."""
    ada = shown({"k": 5, "picture": 2}, "ada")
    with held("ada", "scratch") as run:
        before = weights(run.unet).clone()
    for k in (5, 6, 11):
        shown({"k": k}, "bob")
    assert shown({"k": 5, "picture": 2}, "ada")["tensors"] == ada["tensors"]
    with held("ada", "scratch") as run, held("bob", "scratch") as other:
        assert torch.equal(before, weights(run.unet)) and run.k == 5
        assert other.k == 11 and not torch.equal(before, weights(other.unet))

    made: list[list[str]] = []
    counting = Chapter(
        "any", (), lambda *_: None, (), keeps=Keeps("start", lambda start: made.append([start]) or made[-1])
    )
    sessions, kept = Sessions(most=3), {}
    for name in ("a", "b", "a", "c", "d"):
        with sessions.held(name, counting, {"start": "x"}) as run:
            assert run is kept.setdefault(name, run)
    assert len(sessions) == 3 and len(made) == 4
    with sessions.held("a", counting, {"start": "x"}) as run, sessions.held("b", counting, {"start": "x"}) as other:
        assert run is kept["a"] and other is made[-1] is not kept["b"]
    with sessions.held("a", counting, {"start": "y"}) as run:
        assert run == ["y"] and len(made) == 6


def test_the_shipped_weights_stay_as_they_are(untouched, one_thread):
    shown({"k": 11, "start": "shipped", "learning_rate": 1e-2}, "eve")
    with held("eve", "shipped") as run:
        assert isinstance(run, Algorithm1) and not torch.equal(weights(run.unet), untouched)
    unet = shelf().load("mnist").unet
    assert torch.equal(weights(unet), untouched) and not any(p.requires_grad for p in unet.parameters())


def test_the_screen_shows_the_line_that_ran(untouched):
    assert shown({"k": 0}, "kim")["listing"]["lit"] is None
    for k in range(1, 8):
        seen = shown({"k": k, "t_shown": 1 if k % 2 else 1000}, "kim")
        assert seen["listing"]["lit"] == (k - 1) % 6
        came = [r"\Rightarrow" in line for line in seen["listing"]["lines"]]
        assert came == [i <= (k - 1) % 6 for i in range(6)]
        blank = [item["note"]["key"].endswith("not_yet") for item in seen["tensors"]["items"]]
        assert blank == [k % 6 < needs and k != 6 for needs in (2, 4, 5, 5, 5, 5)], k
    low, *_, high = trained_error_by_quarter()
    assert seen["answer"] == 0 and low.mean > 10 * high.mean
    # Measured anew by the definition.
    (_, batch), checkpoint = split(), shelf().load("mnist")
    late = batch.t > 750
    x_t = checkpoint.schedule.alpha_bars[batch.t[late]].sqrt().float()[:, None, None, None] * batch.x_0[late]
    x_t += (1 - checkpoint.schedule.alpha_bars[batch.t[late]]).sqrt().float()[:, None, None, None] * batch.eps[late]
    said = checkpoint.predictor()(x_t, batch.t[late], batch.label[late]).eps_hat
    assert high.mean == pytest.approx(float((batch.eps[late] - said).square().mean()), rel=1e-3)


@pytest.mark.parametrize("name", ["training", "sampling"])
def test_both_languages_say_the_same(name):
    tables = [{k: v for k, v in table(language).items() if k.startswith(f"ch_{name}.")} for language in ("en", "zh-TW")]
    assert tables[0].keys() == tables[1].keys() and len(tables[0]) > 20
    for key, text in tables[0].items():
        assert set(re.findall(r"{(\w+)}", text)) == set(re.findall(r"{(\w+)}", tables[1][key])), key
