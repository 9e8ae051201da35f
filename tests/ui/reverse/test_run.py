"""From a recipe to frames on the wire: Run, LiveRun, messages, files."""

import base64
import json
import types
from dataclasses import replace
from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest
import torch
from diffusers import DDPMScheduler
from PIL import Image

from ddpm_playground import run as run_module
from ddpm_playground.bridge.all_samplers import ALL_SAMPLERS
from ddpm_playground.core import SAMPLERS, SeededNoise, make_schedule, q_sample, same_noise_t
from ddpm_playground.learn.checkpoints.store import Shelf
from ddpm_playground.learn.data.pictures import bundled_digits
from ddpm_playground.learn.networks import cost
from ddpm_playground.recipe import DEFAULT
from ddpm_playground.run import Run, Start, labels_of, start_of
from ddpm_playground.ui.page.handover import HandOver, read_hand_over
from ddpm_playground.ui.page.page import as_gr_error, once_typed
from ddpm_playground.ui.reverse.runs import FRAME_BYTES, LiveRun, Runs
from ddpm_playground.ui.reverse.stream import catch_up, messages
from ddpm_playground.ui.serving import pace
from ddpm_playground.views.film import write_gif
from ddpm_playground.views.run_files import write_npz
from tests.learn.checkpoints.strangers import network
from tests.tiny import tiny_checkpoint


@pytest.fixture(autouse=True)
def shelf(tmp_path, monkeypatch):
    """A shelf with one tiny checkpoint in place of the shipped ones."""
    tiny_checkpoint(tmp_path / "tiny")
    own = Shelf([tmp_path])
    monkeypatch.setattr(run_module, "shelf", lambda: own)
    return own


RECIPE = DEFAULT.with_(checkpoint="tiny", num_steps=6, num_images=3)


def decoded(message: str) -> dict:
    return json.loads(message, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))


def array(text: str, shape) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), "<f2").reshape(shape)


@pytest.mark.parametrize("sampler", ALL_SAMPLERS)
def test_messages_hold_every_frame_of_every_sampler(sampler):
    live = LiveRun(Run(RECIPE.with_(sampler=sampler)))
    first, *rest = [decoded(m) for m in messages(live)]
    shape, steps = first["shape"], first["steps"]
    assert shape == [3, 1, 8, 8]
    assert [step["t"] for step in steps] == list(live.run.path[:-1])
    frames = [f for message in rest for f in message["frames"]]
    assert [k for k, _, _ in frames] == list(range(len(steps) + 1))
    assert rest[-1]["done"] and not rest[-1]["stopped"]
    assert frames[-1][2] is None
    for (_, x, _), kept in zip(frames, live.xs, strict=True):
        np.testing.assert_array_equal(array(x, shape), kept.numpy())
    known = [step["coef"] is not None for step in steps]
    assert all(known) if sampler in SAMPLERS else not any(known)


def test_a_player_that_missed_messages_gets_every_frame(monkeypatch):
    live = LiveRun(Run(RECIPE), "a run", "a note")
    whole = [f for m in messages(live) for f in decoded(m)["frames"]]
    monkeypatch.setattr(pace, "MESSAGE_BYTES", 2 * live.frame_bytes)
    had, replies = 0, []
    while had < len(whole):
        replies.append(decoded(catch_up(live, had)))
        assert replies[-1]["before"] == had and replies[-1]["total"] == len(whole)
        had += len(replies[-1]["frames"])
    assert [f for reply in replies for f in reply["frames"]] == whole
    assert replies[0]["steps"] and replies[0]["note"] == "a note" and "steps" not in replies[1]
    assert [reply.get("done", False) for reply in replies] == [False] * (len(replies) - 1) + [True]
    assert decoded(catch_up(live, 10**9))["frames"] == []
    runs = Runs()
    mine = runs.begin("a", live.run, "")
    assert runs.find("a", mine.run_id) is mine and runs.find("a", "other") is None and runs.find("b", "") is None


def test_to_a_tab_that_does_not_read_nothing_is_sent_and_nothing_is_lost(monkeypatch):
    monkeypatch.setattr(pace, "MESSAGES_PER_SECOND", 1e9)
    monkeypatch.setattr(pace, "MESSAGES_SHARE", float("inf"))
    live = LiveRun(Run(RECIPE.with_(num_steps=20)))
    monkeypatch.setattr(pace, "MESSAGE_BYTES", 4 * live.frame_bytes)
    allowed = pace.UNREAD_BYTES // (4 * live.frame_bytes * 4 // 3)
    assert pace.has_room(live.frame_bytes, allowed - 1) and not pace.has_room(live.frame_bytes, allowed)
    # The tab stops reading after the 5th step and goes on after the 15th.
    said = []
    for message in messages(live, lambda: allowed if 5 <= len(live.ks) < 15 else 0):
        said.append((len(live.ks), decoded(message)))
    assert {kept for kept, _ in said}.isdisjoint(range(5, 15)) and 15 in {kept for kept, _ in said}
    pushed = [message for _, message in said[1:]]
    assert all(m["before"] == sum(len(n["frames"]) for n in pushed[:i]) for i, m in enumerate(pushed))
    assert max(len(m["frames"]) for m in pushed) == 4
    assert [k for m in pushed for k, _, _ in m["frames"]] == list(range(21)) and pushed[-1]["done"]
    # One that never reads gets one line, and can still ask for everything.
    live = LiveRun(Run(RECIPE.with_(num_steps=20)))
    (only,) = [decoded(m) for m in messages(live, lambda: allowed)]
    assert only["frames"] == [] and only["total"] == 21 and "done" not in only and len(json.dumps(only)) < 200
    had = []
    while len(had) < only["total"]:
        had += decoded(catch_up(live, len(had)))["frames"]
    assert [k for k, _, _ in had] == list(range(21))


def test_the_browser_can_rebuild_mean_and_noise_from_what_it_is_sent():
    run = Run(RECIPE.with_(clip_x_0=False))
    for step in run:
        numbers = run.numbers(step.t, step.s)
        of_x_0, of_x_t, of_eps = numbers.coefficients
        root, noise = numbers.alpha_bar**0.5, (1 - numbers.alpha_bar) ** 0.5
        x_hat_0 = (step.x_t - noise * step.eps_hat) / root
        mean = of_x_0 * x_hat_0 + of_x_t * step.x_t + of_eps * step.eps_hat
        torch.testing.assert_close(mean, step.mean, rtol=1e-4, atol=1e-4)
        drawn = 0.0 if step.z is None else numbers.sigma * step.z
        torch.testing.assert_close(mean + drawn, step.x_s, rtol=1e-4, atol=1e-4)
        a, b = numbers.line_4
        torch.testing.assert_close(a * (step.x_t - b * step.eps_hat), step.mean, rtol=1e-4, atol=1e-4)


def test_a_sigma_of_the_network_s_own_is_told_as_its_mean_and_range(tmp_path):
    """Beforehand each step says that it is not known yet; the frames bring it, also to a page that comes late."""
    network(out_channels=6).save_pretrained(tmp_path / "own" / "unet")
    DDPMScheduler(20, variance_type="learned_range").save_pretrained(tmp_path / "own" / "scheduler")
    live = LiveRun(Run(RECIPE.with_(checkpoint="own")))
    first, *rest = [decoded(m) for m in messages(live)]
    assert [(step["sigma"], step["own_sigma"]) for step in first["steps"]] == [(None, True)] * 5 + [(0.0, False)]
    told = [tuple(span) for message in (first, *rest) for span in message.get("sigmas", [])]
    expected = [step.variance.sqrt() for step in Run(RECIPE.with_(checkpoint="own"))][:-1]
    assert [k for k, *_ in told] == [0, 1, 2, 3, 4]
    for (_, mean, least, most), sigma in zip(told, expected, strict=True):
        assert (mean, least, most) == pytest.approx((float(sigma.mean()), float(sigma.min()), float(sigma.max())))
        assert least < mean < most
    assert [tuple(span) for span in decoded(catch_up(live, 2))["sigmas"]] == told[2:]
    ddim = Run(RECIPE.with_(checkpoint="own", sampler="ddim"))
    assert not ddim.numbers(20, 10).own_sigma and ddim.numbers(20, 10).sigma == 0.0


@pytest.mark.parametrize("share, counts", [(float("inf"), range(20, 23)), (1e-9, range(3, 8))])
def test_messages_that_are_slow_to_pass_on_become_fewer_and_hold_more(monkeypatch, share, counts):
    clock = iter(range(10**6))
    monkeypatch.setattr(pace, "time", types.SimpleNamespace(monotonic=lambda: next(clock) / 10))
    monkeypatch.setattr(pace, "MESSAGES_SHARE", share)
    monkeypatch.setattr(pace, "LEAST_PER_SECOND", 1.0)
    said = [decoded(m) for m in messages(LiveRun(Run(RECIPE.with_(num_steps=20))))]
    assert [k for m in said for k, _, _ in m["frames"]] == list(range(21))
    assert len(said) in counts
    # A message that is full does not wait.
    live = LiveRun(Run(RECIPE.with_(num_steps=20)))
    monkeypatch.setattr(pace, "MESSAGE_BYTES", live.frame_bytes)
    assert len([m for m in messages(live) if decoded(m)["frames"]]) in range(19, 22)


def test_no_step_begins_once_the_stream_is_told_to_stop_or_closed():
    for end in ("stop", "close"):
        live = LiveRun(Run(RECIPE.with_(num_steps=20)))
        steps = pace.taken_ahead(iter(live.run), live.stop)
        first = next(steps)
        if end == "stop":
            live.stop.set()
            assert len(list(steps)) <= pace.STEPS_AHEAD + 1
        steps.close()
        assert first.t == 20 and next(steps, None) is None


def test_stop_ends_within_one_step():
    live = LiveRun(Run(RECIPE.with_(num_steps=20)))
    stream = messages(live)
    next(stream)
    seen = 0

    def counting(x_t, t, label):
        nonlocal seen
        seen += 1
        if seen == 4:
            live.stop.set()
        return predict(x_t, t, label)

    predict = live.run.checkpoint.predictor(1.0)
    live.run.checkpoint.__class__.predictor, original = (
        (lambda self, guidance: counting),
        live.run.checkpoint.__class__.predictor,
    )
    try:
        last = [decoded(m) for m in stream][-1]
    finally:
        live.run.checkpoint.__class__.predictor = original
    assert seen == 4
    assert last["done"] and last["stopped"]


def test_a_closed_stream_closes_the_chain():
    live = LiveRun(Run(RECIPE.with_(num_steps=20)))
    stream = messages(live)
    next(stream)
    next(stream)
    stream.close()
    assert len(live.xs) < 20


def test_long_runs_are_thinned_to_their_share_of_memory():
    recipe = RECIPE.with_(num_steps=20, num_images=64)
    live = LiveRun(Run(recipe))
    assert live.stride == 1
    recipe = RECIPE.with_(num_steps=20, num_images=2)
    for side, count, grain in ((256, 16, 2), (256, 4, 1), (128, 16, 1), (250, 64, 4), (64, 64, 1), (28, 64, 1)):
        live = LiveRun(Run(recipe))
        live.run.shape, live.run.count, live.run.path = (3, side, side), count, tuple(range(1000, -1, -1))
        frames = -(-1000 // live.stride) + 1
        assert live.grain == grain and live.frame_bytes <= 3 * 2**20
        assert min(19, FRAME_BYTES // live.frame_bytes) <= frames <= live.most_bytes // live.frame_bytes + 2
        assert live.kept_bytes <= 64 * 2**20 + count * 3 * side**2 * 2 and live.most_bytes <= 60 * 2**20


def test_the_player_is_told_how_many_steps_lie_between_frames(monkeypatch):
    live = LiveRun(Run(RECIPE.with_(num_steps=20)))
    monkeypatch.setattr("ddpm_playground.ui.reverse.runs.FRAME_BYTES", 7 * live.frame_bytes)
    monkeypatch.setattr("ddpm_playground.ui.reverse.runs.FEWEST_FRAMES", 1)
    first, *rest = [decoded(m) for m in messages(live)]
    assert first["every"] == live.stride == 3
    assert [k for m in rest for k, _, _ in m["frames"]] == [*range(0, 20, 3), 20]
    assert decoded(catch_up(live, 0))["every"] == 3


def test_of_large_pictures_a_part_is_played_and_all_is_kept_at_the_end(monkeypatch, tmp_path):
    monkeypatch.setattr("ddpm_playground.ui.reverse.runs.FRAME_PIXELS", 3 * 8 * 8 // 4)
    run = Run(RECIPE)
    live = LiveRun(run)
    first, *rest = [decoded(m) for m in messages(live)]
    assert (first["grain"], first["shape"]) == (2, [3, 1, 4, 4])
    whole = list(run)
    for k, x, eps_hat in [f for m in rest for f in m["frames"]]:
        of = whole[min(k, len(whole) - 1)]
        wanted = of.x_s if k == len(whole) else of.x_t
        np.testing.assert_array_equal(array(x, first["shape"]), wanted.half().numpy()[..., ::2, ::2])
        assert eps_hat is None or array(eps_hat, first["shape"]).shape == (3, 1, 4, 4)
    assert live.whole is not None and torch.equal(live.whole, whole[-1].x_s.half())
    write_gif(tmp_path / "run.gif", live.film())
    numbers = run.schedule.alpha_bars
    write_npz(tmp_path / "run.npz", live.ts, live.xs, live.eps_hats, run.labels, numbers, {}, x_0=live.whole)
    with np.load(tmp_path / "run.npz") as saved:
        assert saved["x_t"].shape[1:] == (3, 1, 4, 4) and saved["x_0"].shape == (3, 1, 8, 8)
        assert saved["images"].shape == (3, 8, 8, 1)


def test_a_network_is_asked_of_so_many_pictures_as_memory_allows(monkeypatch):
    checkpoint, asked = run_module.shelf().load("tiny"), []
    one = cost.bytes_a_picture(checkpoint.unet.config)
    monkeypatch.setattr(cost, "ACTIVATION_BYTES", 2 * one + 1)
    predict = checkpoint.predictor(2.0)
    assert predict.at_once == 2 and checkpoint.predictor(1.0).network is predict.network

    class Counted:
        config = checkpoint.unet.config

        def __call__(self, x, t, class_labels=None):
            asked.append(len(x))
            return checkpoint.unet(x, t, class_labels=class_labels)

    x, t, label = (
        torch.randn(5, 1, 8, 8, generator=torch.Generator().manual_seed(0)),
        torch.full((5,), 9),
        torch.arange(5),
    )
    parts = replace(predict, network=Counted())(x, t, label)
    assert asked == [2] * 5
    torch.testing.assert_close(parts, replace(predict, at_once=None)(x, t, label), rtol=1e-5, atol=1e-5)


def test_start_from_a_noised_picture_takes_the_steps_below_it():
    x_t = torch.zeros(1, 8, 8)
    run = Run(RECIPE, Start(11, x_t))
    steps = list(run)
    assert run.path[0] == steps[0].t == 11
    torch.testing.assert_close(steps[0].x_t, torch.zeros(3, 1, 8, 8))
    assert not torch.equal(steps[-1].x_s[0], steps[-1].x_s[1])
    for start, said in ((Start(11, torch.zeros(1, 9, 9)), "9×9 grey"), (Start(0, x_t), r"\[1, 20\]")):
        with pytest.raises(ValueError, match=said):
            Run(RECIPE, start)


def test_a_start_from_another_schedule_begins_at_the_same_noise():
    linear, cosine = make_schedule("linear"), make_schedule("cosine")
    for t in (1, 300, 700, 1000):
        own_t = same_noise_t(linear, float(cosine.alpha_bars[t]))
        gaps = (linear.log_snr[1:] - cosine.log_snr[t]).abs()
        assert gaps[own_t - 1] == gaps.min()
        assert same_noise_t(linear, float(linear.alpha_bars[t])) == t
    assert same_noise_t(linear, 0.0) == 1000
    run = Run(RECIPE, Start(700, torch.zeros(1, 8, 8), float(make_schedule("linear", 20).alpha_bars[9])))
    assert run.path[0] == 9 and run.start is not None and run.start.t == 9


def test_forward_s_picture_is_made_again_from_the_recipe():
    recipe = DEFAULT.with_(digit=12, noise_seed=5, t=60, schedule="cosine")
    start = start_of(recipe)
    assert start is not None and start.t == 60
    x_0, eps = bundled_digits().x_0(slice(12, 13)), SeededNoise(5, [0], (1, 28, 28))()
    torch.testing.assert_close(start.x_t, q_sample(make_schedule("cosine"), x_0, 60, eps)[0])
    assert start_of(recipe.with_(t=0)) is None


def test_what_is_handed_over_is_read_as_it_was_written():
    handed = HandOver(Start(7, torch.randn(1, 2, 3), 0.25), True, "9")
    again = read_hand_over(handed.text())
    assert again is not None and (again.start.t, again.start.alpha_bar, again.repeatable, again.label) == (
        7, 0.25, True, "9",
    )  # fmt: skip
    assert torch.equal(again.start.x_t, handed.start.x_t)
    assert read_hand_over("") is None
    for broken in ("{", "[]", '{"t": 3}', '{"t": 3, "shape": [1, 2, 2], "x_t": "AAAA"}'):
        with pytest.raises(ValueError, match="cannot be read"):
            read_hand_over(broken)


def test_empty_boxes_are_waited_for_and_messages_are_text():
    calls = []
    fn = once_typed(lambda *values: calls.append(values) or "drawn", 2, 1)
    assert fn(1, 2, None) == "drawn" and fn(None, 2, 3) == gr.skip() and calls == [(1, 2, None)]
    assert once_typed(fn, 1, 2)(None) == [gr.skip(), gr.skip()]
    assert as_gr_error(ValueError("<b>&")).message == "&lt;b&gt;&amp;"
    with pytest.raises(ValueError, match=r"seed is empty; type a number in \[0, 9007199254740991\]"):
        DEFAULT.with_(seed=None)


def test_equal_recipes_give_equal_pictures_and_image_i_depends_on_i_alone():
    last = [list(Run(RECIPE.with_(num_images=n)))[-1].x_s for n in (3, 3, 5)]
    assert torch.equal(last[0], last[1])
    torch.testing.assert_close(last[2][:3], last[0], rtol=1e-5, atol=1e-5)


def test_labels():
    def knows(count: int, null: bool = True) -> SimpleNamespace:
        return SimpleNamespace(class_names=tuple(map(str, range(count))), needs_label=bool(count) and not null)

    assert labels_of("all", 12, knows(10)).tolist() == [*range(10), 0, 1]
    assert labels_of("none", 2, knows(10)).tolist() == [-1, -1]
    assert labels_of("all", 2, knows(0)).tolist() == labels_of("none", 2, knows(0, null=False)).tolist() == [-1, -1]
    assert labels_of("7", 2, knows(10)).tolist() == labels_of("7", 2, knows(10, null=False)).tolist() == [7, 7]
    for bad, null in (("10", True), ("x", True), ("-1", True), ("", True), ("none", False)):
        with pytest.raises(ValueError, match="label must be"):
            labels_of(bad, 1, knows(10, null))


@pytest.mark.parametrize("name", ["../tiny", "/etc", "missing", "", "a\0b", "."])
def test_the_shelf_refuses_what_is_outside_or_missing(shelf, name):
    with pytest.raises(ValueError, match="outside the allowed|no checkpoint|no name"):
        shelf.folder(name if name != "." else "tiny/..")


def test_the_shelf_keeps_what_it_loaded(shelf):
    assert shelf.names() == ["tiny"]
    assert shelf.load("tiny") is shelf.load("tiny")


def test_runs_belong_to_their_owner():
    runs = Runs()
    with pytest.raises(ValueError, match="no run"):
        runs.of("a")
    first, other = runs.begin("a", Run(RECIPE), "a note"), runs.begin("b", Run(RECIPE), "a note")
    second = runs.begin("a", Run(RECIPE), "a note")
    assert first.stop.is_set() and not second.stop.is_set() and not other.stop.is_set()
    runs.stop("a")
    assert second.stop.is_set() and not other.stop.is_set()
    runs.forget("b")
    runs.forget("b")
    assert other.stop.is_set() and not runs.has("b")
    runs.stop("a", "another's")
    for i in range(40):  # however many others come
        runs.begin(str(i), Run(RECIPE), "a note")
    assert runs.has("a") and runs.has("0") and runs.has("39")


def test_of_runs_that_take_too_much_memory_the_ended_and_longest_unseen_go_first():
    size = LiveRun(Run(RECIPE)).kept_bytes
    runs = Runs(3 * size)
    first, ended, seen = (runs.begin(name, Run(RECIPE), "") for name in ("first", "ended", "seen"))
    list(messages(ended))
    assert runs.find("first", first.run_id) is first  # was looked at last
    runs.begin("new", Run(RECIPE), "")
    assert not runs.has("ended") and all(map(runs.has, ("first", "seen", "new")))
    runs.begin("newer", Run(RECIPE), "")
    assert not runs.has("seen") and seen.stop.is_set() and all(map(runs.has, ("first", "new", "newer")))
    big = Runs(1)
    assert big.has("a") is False and big.begin("a", Run(RECIPE), "") and big.has("a")  # the newest is always kept


def test_downloads_hold_the_run(tmp_path):
    live = LiveRun(Run(RECIPE))
    list(messages(live))
    write_gif(tmp_path / "run.gif", live.film())
    with Image.open(tmp_path / "run.gif") as gif:
        assert gif.n_frames == len(live.xs)
    schedule = live.run.schedule
    write_npz(tmp_path / "run.npz", live.ts, live.xs, live.eps_hats, live.run.labels, schedule.alpha_bars, {"seed": 0})
    with np.load(tmp_path / "run.npz") as file:
        assert file["t"].tolist() == list(live.run.path)
        assert file["x_t"].shape == (7, 3, 1, 8, 8) and file["eps_hat"].shape == (6, 3, 1, 8, 8)
        assert file["images"].shape == (3, 8, 8, 1) and file["images"].dtype == np.uint8
        np.testing.assert_array_equal(file["alpha_bars"], schedule.alpha_bars.numpy())
        assert json.loads(str(file["recipe"])) == {"seed": 0}


def test_a_film_shows_what_the_chain_predicted_and_that_it_ended_early(tmp_path):
    live = LiveRun(Run(RECIPE))
    list(messages(live))
    steps, film = list(Run(RECIPE)), live.film()
    assert film.ending == "" and len(film) == len(steps) + 1
    for i, step in enumerate(steps):
        torch.testing.assert_close(film.x_hat_0(i), step.x_hat_0, atol=2e-2, rtol=2e-2)
    torch.testing.assert_close(film.x_hat_0(len(steps)), film.x_hat_0(len(steps) - 1))
    live.stopped = True
    assert live.film().ending == "stopped"
    live.problem = "no memory"
    assert live.film().ending == "failed"
