"""A watched pipeline does what it does unwatched, and what it did is known afterwards."""

import copy
import inspect
import threading
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from diffusers import (
    DDIMPipeline,
    DDIMScheduler,
    DDPMScheduler,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    ScoreSdeVeScheduler,
)
from diffusers.pipelines.deprecated.score_sde_ve.pipeline_score_sde_ve import ScoreSdeVePipeline

import ddpm_playground as pg
from ddpm_playground.bridge.scheduler_classes import scheduler_classes
from ddpm_playground.core.phrase import Refusal
from tests.learn.checkpoints.family_zoo import FOURIER
from tests.learn.checkpoints.strangers import network as unet

from .loops_of_others import SHAPES, STEPS, drawn, made, network, tiny_pipeline, usual_classes, walk

CLASSES = usual_classes()
HOOKS = {"step", "scale_model_input"}


def test_there_are_classes_enough() -> None:
    assert len(CLASSES) >= 20


@pytest.mark.parametrize("name", CLASSES)
def test_a_loop_ends_as_it_does_unwatched_and_says_what_it_did(name: str) -> None:
    """To the bit, with outputs and with tuples, and the generator has drawn as much; x_t is made of x̂_0 and ε̂."""
    takes = inspect.signature(scheduler_classes()[name]).parameters
    plain = made(name, **({"clip_sample": False} if "clip_sample" in takes else {}))
    for k, shape in enumerate(SHAPES.values()):
        wanted, state = walk(copy.deepcopy(plain), shape)
        scheduler = copy.deepcopy(plain)
        with pg.watch(scheduler, open=None):
            got, drew = walk(scheduler, shape, return_dict=k % 2 == 0)
        assert torch.equal(got, wanted) and torch.equal(drew, state)
        assert not HOOKS & vars(scheduler).keys()
        run = pg.last()
        assert run.x_t.shape == (len(run), *shape) and run.ended == "finished"
        assert torch.equal(torch.from_numpy(run.x_end), wanted.float())
        if k == 1:
            assert run.own_findings == []
            assert np.isfinite(run.eps_hat).all() and np.isfinite(run.x_hat_0).all(), run.notes
            a, b = (part[:, None, None, None, None] for part in (run.numbers.signal, run.numbers.noise))
            assert np.abs(a * run.x_hat_0 + b * run.eps_hat - run.x_t).max() < 1e-3 * np.abs(run.x_t).max()


def test_a_predictor_and_its_corrector_are_watched_as_one_step() -> None:
    """ScoreSdeVePipeline: to the bit, x_t as the network was shown it last, and no finding of the corrector's doing."""
    with torch.random.fork_rng(devices=[]):
        pipe = ScoreSdeVePipeline(unet(**FOURIER), ScoreSdeVeScheduler(sigma_max=50.0))
    pipe.set_progress_bar_config(disable=True)
    shown = []
    pipe.unet.register_forward_pre_hook(lambda module, given: shown.append(given[0].clone()))

    def draw() -> np.ndarray:
        return pipe(num_inference_steps=4, generator=torch.Generator().manual_seed(0), output_type="np").images

    wanted = draw()
    shown.clear()
    with pg.watch(pipe, open=None):
        got = draw()
    run = pg.last()
    assert np.array_equal(got, wanted) and len(run) == 4 and run.ended == "finished"
    assert not {"step_pred", "step_correct"} & vars(pipe.scheduler).keys()
    assert np.array_equal(run.x_t, np.stack([one.numpy() for one in shown[1::2]]))  # after one correction
    assert run.own_findings == [] and np.allclose(run.numbers.sigma, pipe.scheduler.sigmas.numpy(), rtol=1e-5)
    sigma = run.numbers.sigma[:, None, None, None, None]
    assert np.abs(run.x_hat_0 + sigma * run.eps_hat - run.x_t).max() < 1e-3 * np.abs(run.x_t).max()
    assert run._repr_html_() and "is not measured" in " ".join(map(str, run.notes))


def test_a_pipeline_is_bit_equal_and_its_run_is_kept() -> None:
    for kind, scheduler in ((None, DDPMScheduler()), (DDIMPipeline, DDIMScheduler())):
        pipe = tiny_pipeline(scheduler, *([kind] if kind else []))
        wanted, state = drawn(pipe)
        with pg.watch(pipe, open=None) as watch:
            got, drew = drawn(pipe)
        assert np.array_equal(got, wanted) and torch.equal(drew, state)
        run = pg.last()
        assert run is watch.last() and len(watch.runs) == 1
        assert run.title == f"{type(pipe).__name__}, {type(pipe.scheduler).__name__}"
        assert np.allclose((run.x_end.transpose(0, 2, 3, 1) / 2 + 0.5).clip(0, 1), got)
        assert run.audit.reason is None and run.audit.mismatches == 0 and run.own_findings == []


def test_a_network_and_its_scheduler_in_any_order() -> None:
    pipe = tiny_pipeline(DDPMScheduler())
    for given in ((pipe.unet, pipe.scheduler), (pipe.scheduler, pipe.unet), ((pipe.unet, pipe.scheduler),)):
        with pg.watch(*given, open=None):
            drawn(pipe, 2)
        assert pg.last().subject.sample_size == 8


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_an_error_leaves_the_pipeline_as_it_was_and_the_run_as_far_as_it_came(error: type[BaseException]) -> None:
    scheduler = made("DDIMScheduler")
    before = set(vars(scheduler))

    def stop(x: torch.Tensor, i: int) -> torch.Tensor:
        if i == 1:
            raise error
        return x

    with pytest.raises(error), pg.watch(scheduler, open=None):
        walk(scheduler, SHAPES["pixel"], between=stop)
    assert set(vars(scheduler)) == before
    assert len(pg.last()) == 2 and pg.last().ended == f"ended by {error.__name__}"


def test_a_step_that_raises_is_no_step() -> None:
    scheduler = made("DDPMScheduler")
    x = torch.zeros(1, 3, 8, 8)
    with pytest.raises(Exception), pg.watch(scheduler, open=None):  # noqa: B017
        scheduler.step(x, scheduler.timesteps[0], x)
        scheduler.step(x, "nothing", x)
    run = pg.last()
    assert [call.finished for call in run.calls] == [True, False] and np.isfinite(run.x_end).all()


def test_somebody_else_s_hook_stays() -> None:
    """Whoever put one in before finds it again, and whoever put one in within the block keeps it."""
    scheduler = made("DDPMScheduler")
    own, later = scheduler.step, lambda *args, **kwargs: None
    scheduler.step = own
    with pg.watch(scheduler, open=None):
        assert scheduler.step is not own
    assert vars(scheduler)["step"] is own
    with pg.watch(scheduler, open=None):
        scheduler.step = later
    assert vars(scheduler)["step"] is later


def test_a_watch_within_a_watch_is_refused_and_the_outer_one_goes_on() -> None:
    scheduler = made("DDPMScheduler")
    with pg.watch(scheduler, open=None):
        with pytest.raises(Refusal, match="watched already"), pg.watch(scheduler, open=None):
            pass
        walk(scheduler, SHAPES["pixel"])
    assert len(pg.last()) == STEPS and not HOOKS & vars(scheduler).keys()
    watch = pg.watch(scheduler, open=None)
    with watch:
        pass
    with pytest.raises(Refusal, match="begun already"), watch:
        pass


def test_a_copy_steps_itself() -> None:
    """As pipelines do that walk sound and picture with two copies of one scheduler."""
    scheduler = made("EulerDiscreteScheduler")
    with pg.watch(scheduler, open=None):
        other = copy.deepcopy(scheduler)
        walk(other, SHAPES["pixel"])
        assert scheduler.step_index is None and other.step_index == STEPS
        walk(scheduler, SHAPES["pixel"])
    assert len(pg.last()) == STEPS


def test_pipelines_ask_the_step_what_it_takes() -> None:
    scheduler = made("DDIMScheduler")
    with pg.watch(scheduler, open=None):
        assert "eta" in inspect.signature(scheduler.step).parameters and scheduler.step.__name__ == "step"


def test_threads_watch_side_by_side() -> None:
    wanted = [walk(made("DDIMScheduler"), SHAPES["pixel"])[0], walk(made("EulerDiscreteScheduler"), SHAPES["pixel"])[0]]
    got: dict[int, tuple[torch.Tensor, int]] = {}

    def one(i: int, name: str) -> None:
        scheduler = made(name)
        with pg.watch(scheduler, open=None) as watch:
            end, _ = walk(scheduler, SHAPES["pixel"])
        got[i] = end, len(watch.last())

    threads = [
        threading.Thread(target=one, args=(i, name))
        for i, name in enumerate(("DDIMScheduler", "EulerDiscreteScheduler"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(torch.equal(got[i][0], wanted[i]) and got[i][1] == STEPS for i in range(2))
    scheduler = made("DDPMScheduler")
    with pg.watch(scheduler, open=None) as watch:
        thread = threading.Thread(target=walk, args=(scheduler, SHAPES["pixel"]))
        thread.start()
        thread.join()
    assert len(watch.last()) == STEPS


def test_chains_of_one_scheduler_at_once_are_each_a_run_of_its_own() -> None:
    """As of a pipeline that a server calls from several threads; each call sets the same timesteps anew."""
    scheduler, both = made("DDIMScheduler"), threading.Barrier(2, timeout=60)
    wanted, _ = walk(scheduler, SHAPES["pixel"])

    def at_once(x: torch.Tensor, i: int) -> torch.Tensor:
        both.wait()
        return x

    def one() -> None:
        both.wait()
        scheduler.set_timesteps(STEPS)
        walk(scheduler, SHAPES["pixel"], between=at_once)

    threads = [threading.Thread(target=one) for _ in range(2)]
    with pg.watch(scheduler, open=None) as watch:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [len(run) for run in watch.runs] == [STEPS] * 2
    assert all(torch.equal(torch.from_numpy(run.x_end), wanted) for run in watch.runs)
    assert [run.own_findings for run in watch.runs] == [[], []] and {run.ended for run in watch.runs} == {"finished"}


def test_several_chains_in_one_block_are_several_runs() -> None:
    """Also where the timesteps were set once, as in a loop over batches."""
    pipe = tiny_pipeline(DDPMScheduler())
    with pg.watch(pipe, open=None) as watch:
        drawn(pipe, 2)
        drawn(pipe, 3)
    assert [len(run) for run in watch.runs] == [2, 3]
    scheduler = made("DDPMScheduler")
    with pg.watch(scheduler, open=None) as watch:
        for _ in range(3):
            walk(scheduler, SHAPES["pixel"])
        walk(scheduler, SHAPES["pixel"], timesteps=scheduler.timesteps[:2])
        walk(scheduler, SHAPES["pixel"])
    assert [len(run) for run in watch.runs] == [STEPS] * 3 + [2, STEPS]


def test_x_that_is_changed_in_place_is_kept_as_each_step_saw_it() -> None:
    scheduler = made("DDIMScheduler")
    with pg.watch(scheduler, open=None):
        end, _ = walk(scheduler, SHAPES["pixel"], between=lambda x, i: x.mul_(0.5))
    run = pg.last()
    assert np.array_equal(run.calls[0].after.numpy() * 0.5, run.x_t[1])
    assert np.array_equal(run.x_end * 0.5, end.numpy())


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_every_dtype_is_kept(dtype: torch.dtype) -> None:
    wanted, _ = walk(made("FlowMatchEulerDiscreteScheduler"), SHAPES["video"], dtype=dtype)
    scheduler = made("FlowMatchEulerDiscreteScheduler")
    with pg.watch(scheduler, open=None), torch.inference_mode():
        got, _ = walk(scheduler, SHAPES["video"], dtype=dtype)
    assert torch.equal(got, wanted) and np.array_equal(pg.last().x_end, wanted.float().numpy())


def test_gradients_go_through_and_are_not_kept() -> None:
    scheduler = made("DDIMScheduler")
    x = torch.zeros(1, 3, 8, 8, requires_grad=True)
    with pg.watch(scheduler, open=None):
        out = scheduler.step(network(x, 1), scheduler.timesteps[0], x).prev_sample
        (gradient,) = torch.autograd.grad(out.sum(), x)
    assert bool((gradient != 0).any())
    assert not any(call.x.requires_grad or call.after.requires_grad for call in pg.last().calls)


@pytest.mark.slow
def test_a_compiled_network_is_watched_and_a_compiled_step_left_alone() -> None:
    scheduler = made("DDIMScheduler")
    compiled = torch.compile(lambda x: torch.tanh(0.3 * x), backend="eager")
    stepped = torch.compile(lambda x: scheduler.step(0.1 * x, 1, x, return_dict=False)[0], backend="eager")
    x = torch.zeros(1, 3, 8, 8)
    with pg.watch(scheduler, open=None):
        for t in scheduler.timesteps:
            x = scheduler.step(compiled(x), t, x).prev_sample
    assert len(pg.last()) == STEPS
    with pg.watch(scheduler, open=None) as watch:
        got = stepped(x)
    assert torch.equal(got, scheduler.step(0.1 * x, 1, x, return_dict=False)[0])
    assert not watch.runs or len(watch.last()) == 1


def test_memory_is_bounded_and_what_was_left_out_is_said() -> None:
    scheduler = scheduler_of(FlowMatchEulerDiscreteScheduler(), 10)
    shape, memory = (1, 16, 13, 32, 32), 2**20
    with pg.watch(scheduler, open=None, memory=memory):
        walk(scheduler, shape)
    run = pg.last()
    assert run.tape.num_bytes <= memory and run.x_t.shape[3] == 2 and len(run) == 10
    assert "frames 0, 6" in run.notes[0] and np.isclose(run.numbers.rms_x_t[0], 1.0, atol=0.02)
    with pg.watch(scheduler, open=None, memory=memory) as watch:
        for _ in range(4):
            scheduler.set_timesteps(10)
            walk(scheduler, (2, 3, 64, 64))
    assert sum(run.tape.num_bytes for run in watch.runs) <= memory


def scheduler_of(scheduler, steps: int):
    scheduler.set_timesteps(steps)
    return scheduler


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ((), "got nothing"), ((None,), "NoneType"), (("mnist",), "no scheduler"), ((DDPMScheduler,), "no scheduler"),
        ((torch.optim.SGD([torch.zeros(1)], 0.1),), "no scheduler"), ((1, 2), "int, int"),
        ((DDPMScheduler(), DDIMScheduler()), "DDPMScheduler, DDIMScheduler"),
        ((SimpleNamespace(unet=1, scheduler=SimpleNamespace(step_pred=print, timesteps=(1,))),), "no scheduler"),
    ],
)  # fmt: skip
def test_what_cannot_be_watched_is_refused(given: tuple, told: str) -> None:
    with pytest.raises(Refusal, match=told):
        pg.watch(*given, open=None)


def test_other_places_and_memories_are_refused() -> None:
    for bad in ({"open": "window"}, {"open": True}, {"open": "cell"}, {"memory": 3}, {"memory": None}):
        with pytest.raises(Refusal):
            pg.watch(DDPMScheduler(), **bad)


def test_a_run_that_no_step_was_seen_of_says_why() -> None:
    scheduler = made("DDPMScheduler")
    with pg.watch(scheduler, open=None):
        pass
    with pytest.raises(Refusal, match="never called"):
        pg.last()
    pipe = tiny_pipeline(DDPMScheduler())
    with pg.watch(pipe, open=None):
        pipe.scheduler = EulerDiscreteScheduler()
        drawn(pipe, 2)
    with pytest.raises(Refusal, match="another scheduler"):
        pg.last()


def test_whatever_has_schedulers_for_attributes_is_a_pipeline() -> None:
    class Own:
        def __init__(self) -> None:
            self.prior_scheduler, self.scheduler = made("UnCLIPScheduler"), made("DDIMScheduler")

    own = Own()
    with pg.watch(own, open=None) as watch:
        walk(own.prior_scheduler, SHAPES["latent"])
        walk(own.scheduler, SHAPES["pixel"])
    assert [run.scheduler for run in watch.runs] == ["prior_scheduler", "scheduler"]
    assert not HOOKS & (vars(own.prior_scheduler).keys() | vars(own.scheduler).keys())


def test_a_scheduler_of_one_s_own_without_a_config_is_watched_as_far_as_it_is_known() -> None:
    class Plain:
        timesteps = torch.arange(4).flip(0)

        def __init__(self) -> None:
            self.lock = threading.Lock()  # so that it cannot be copied

        def step(self, model_output: torch.Tensor, timestep: int, sample: torch.Tensor) -> tuple[torch.Tensor]:
            return (sample - 0.1 * model_output,)

    scheduler, x = Plain(), torch.ones(1, 3, 8, 8)
    with pg.watch(scheduler, open=None):
        for t in scheduler.timesteps:
            (x,) = scheduler.step(x, t, x)
    run = pg.last()
    assert len(run) == 4 and np.isnan(run.x_hat_0).all() and "cannot be copied" in " ".join(run.notes)
    assert run.config_findings == [] and repr(run) and run._repr_html_()
