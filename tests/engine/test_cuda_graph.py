"""The chain of the CUDA graphs, walked on the CPU: a lane whose capture is the step itself, called again."""

import itertools
import threading
import time
import types
from contextlib import nullcontext
from dataclasses import replace

import pytest
import torch

from ddpm_playground.core import (
    SAMPLERS,
    Sampling,
    SeededNoise,
    Step,
    make_schedule,
    rescale_zero_terminal_snr,
    reverse,
    timestep_path,
)
from ddpm_playground.engine import cuda_graph, lane
from ddpm_playground.engine.cuda_graph import AGREEMENTS, KEPT, GraphNetwork, agreeing, disagreement
from ddpm_playground.engine.engines import ENGINES, network_on, pick_engine
from ddpm_playground.engine.lane import WARM_UPS, CudaLane, Fed
from ddpm_playground.engine.network import AGREEMENT, EngineUnavailable
from ddpm_playground.engine.step_graph import DRAWS_AHEAD, LEAD, read_row, row_of
from ddpm_playground.learn.checkpoints.checkpoint import Checkpoint, load_checkpoint
from ddpm_playground.learn.checkpoints.shipped import SHIPPED
from ddpm_playground.learn.judging.samples import chain, sample
from ddpm_playground.learn.networks.unet import NetworkEps, make_network

from ..tiny import tiny_checkpoint

MNIST = SHIPPED / "mnist"
T, SHAPE = 20, (1, 8, 8)
pytestmark = pytest.mark.usefixtures("one_thread")


class PlainLane:
    """A lane on the CPU: a captured step is the step, and nothing needs to be waited for."""

    device = torch.device("cpu")

    def __init__(self) -> None:
        self.captures, self.replays = 0, 0

    def captured(self, step):
        for _ in range(WARM_UPS):
            step()
        self.captures += 1

        def replay() -> None:
            self.replays += 1
            step()

        return replay

    def follow(self) -> None:
        """There is one order of things."""

    def feed(self, make) -> Fed:
        return Fed(tuple(make()), None)

    def running(self, *fed):
        return nullcontext()

    def mark(self) -> int:
        return self.replays

    def wait(self, mark: int, tensors) -> None:
        """Whatever was launched is done; LEAD steps are behind it, unless the chain is at its end."""
        assert mark <= self.replays


class Lanes:
    """Makes PlainLanes and keeps them for the test to see."""

    def __init__(self) -> None:
        self.made: list[PlainLane] = []

    def __call__(self) -> PlainLane:
        self.made.append(PlainLane())
        return self.made[-1]


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    return load_checkpoint(tiny_checkpoint(tmp_path_factory.mktemp("graph") / "tiny", T=T))


def graphed(checkpoint: Checkpoint, dtype: torch.dtype = torch.float32) -> tuple[Checkpoint, Lanes]:
    """The checkpoint whose chain is a replayed one."""
    lanes = Lanes()
    network = GraphNetwork(checkpoint.unet, dtype, lanes)
    return replace(checkpoint, engine="cuda-graph", network=network), lanes


def labels(kind: str, count: int = 3) -> torch.Tensor | None:
    return {"all": torch.arange(count) % 10, "none": torch.full((count,), -1), "absent": None}[kind]


def walked(
    checkpoint: Checkpoint, guidance: float = 1.0, count: int = 3, path=None, seed: int = 0, label=None, **settings
) -> list:
    noise = SeededNoise(seed, range(count), SHAPE)
    path = timestep_path(checkpoint.schedule.T, 6) if path is None else path
    return list(
        checkpoint.reverse(
            checkpoint.schedule, checkpoint.predictor(guidance), noise(), path, noise, Sampling(**settings), label=label
        )
    )


def assert_same(got: list[Step], expected: list[Step], atol: float = 1e-6) -> None:
    for one, other in zip(got, expected, strict=True):
        assert (one.t, one.s, one.z is None) == (other.t, other.s, other.z is None)
        for name in ("x_t", "eps_hat", "x_hat_0", "mean", "variance", "z", "x_s"):
            a, b = getattr(one, name), getattr(other, name)
            if b is not None:
                torch.testing.assert_close(a, b, rtol=0, atol=atol, msg=lambda said, name=name: f"{name}: {said}")


@pytest.mark.slow
@pytest.mark.parametrize("clip_x_0", [True, False])
@pytest.mark.parametrize("add_noise", [True, False])
@pytest.mark.parametrize("guidance,kind", [(1.0, "all"), (3.0, "all"), (3.0, "none"), (1.0, "absent")])
@pytest.mark.parametrize("sampler,eta_or_w", list(itertools.product(SAMPLERS, [0.0, 0.5, 1.0])))
def test_the_replayed_chain_is_the_plain_one(
    checkpoint, sampler, eta_or_w, guidance, kind, add_noise, clip_x_0
) -> None:
    settings = dict(
        sampler=sampler, eta_or_w=eta_or_w, label=labels(kind), add_noise=add_noise, clip_x_0=clip_x_0
    )  # fmt: skip
    fast, _ = graphed(checkpoint)
    expected = walked(checkpoint, guidance, **settings)
    # Unclipped chains of an untrained network leave the range of pictures.
    largest = max(1.0, *(float(step.x_s.abs().max()) for step in expected))
    assert_same(walked(fast, guidance, **settings), expected, atol=1e-6 * largest)


@pytest.mark.parametrize("path", [(20, 0), (1, 0), (20, 19, 3, 0), (7, 5, 4, 1, 0), tuple(range(20, -1, -1))])
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_any_path_on_one_graph(checkpoint, path, sampler) -> None:
    fast, lanes = graphed(checkpoint)
    for seed in (0, 1):
        settings = dict(path=path, sampler=sampler, eta_or_w=1.0, label=labels("all"), seed=seed)
        assert_same(walked(fast, **settings), walked(checkpoint, **settings))
    (own,) = lanes.made
    assert own.captures == 1 and own.replays == 2 * (len(path) - 1)


@pytest.mark.parametrize("prediction_type", ["epsilon", "v_prediction", "sample"])
def test_whatever_the_network_says(checkpoint, prediction_type) -> None:
    network = GraphNetwork(checkpoint.unet, torch.float32, PlainLane)
    ends = []
    for walk, own in ((network.reverse, network), (reverse, checkpoint.unet)):
        noise = SeededNoise(2, range(2), SHAPE)
        predict = NetworkEps(checkpoint.schedule, own, prediction_type, 2.0)
        steps = walk(
            checkpoint.schedule, predict, noise(), timestep_path(T, 7, "trailing"), noise, label=torch.tensor([1, -1])
        )
        ends.append(list(steps))
    assert_same(*ends)


def test_the_shipped_network_s_chain(tmp_path) -> None:
    checkpoint = load_checkpoint(MNIST)
    fast, _ = graphed(checkpoint)
    how = Sampling(num_steps=6)
    one, other = (list(chain(c, range(3), torch.arange(3), how, guidance=2.0)) for c in (fast, checkpoint))
    assert_same(one, other)


def test_companions_change_no_bit(checkpoint) -> None:
    fast, _ = graphed(checkpoint)
    settings = {"sampling": Sampling(eta_or_w=1.0), "guidance": 3.0, "seed": 5}
    whole = [s.x_s for s in chain(fast, range(7), torch.arange(7), **settings)][-1]
    for some in (range(0, 1), range(0, 3), range(4, 7)):
        part = [s.x_s for s in chain(fast, some, torch.arange(some.start, some.stop), **settings)][-1]
        assert torch.equal(part, whole[some.start : some.stop]), some
    few = Sampling(num_steps=4)
    assert (sample(fast, torch.arange(7), few) == sample(fast, torch.arange(9), few)[:7]).all()


def test_steps_that_were_handed_out_stay_as_they_are(checkpoint) -> None:
    fast, _ = graphed(checkpoint)
    kept, copies = [], []
    names = ("x_t", "eps_hat", "x_hat_0", "mean", "variance", "x_s")
    noise = SeededNoise(0, range(2), SHAPE)
    x_T = noise()
    for _ in range(2):  # the second chain is on the buffers of the first
        for step in fast.reverse(fast.schedule, fast.predictor(), x_T, timestep_path(T, T), noise):
            kept.append(step)
            copies.append({name: getattr(step, name).clone() for name in names})
    for step, copy in zip(kept, copies, strict=True):
        assert all(torch.equal(getattr(step, name), copy[name]) for name in names)
    assert len({step.x_s.data_ptr() for step in kept}) == 2 * T
    assert all(after.x_t is before.x_s for before, after in itertools.pairwise(kept[:T]))


def test_two_chains_at_once_do_not_meet(checkpoint) -> None:
    fast, lanes = graphed(checkpoint)
    path = timestep_path(T, 9)
    alone = [walked(checkpoint, seed=seed, count=2, path=path)[-1].x_s for seed in (0, 1)]
    for _ in range(2):  # on new graphs, then on those that wait for a chain of their kind
        walks, ends = [], []
        for seed in (0, 1):
            noise = SeededNoise(seed, range(2), SHAPE)
            walks.append(fast.reverse(fast.schedule, fast.predictor(), noise(), path, noise))
        for pair in zip(*walks, strict=True):
            ends = [step.x_s for step in pair]
        for end, expected in zip(ends, alone, strict=True):
            torch.testing.assert_close(end, expected, rtol=0, atol=1e-6)
        assert len(lanes.made) == 2


def test_equal_settings_find_their_graph_and_few_are_kept(checkpoint) -> None:
    fast, lanes = graphed(checkpoint)
    for _ in range(3):
        walked(fast, 2.0, label=labels("all"))
    assert len(lanes.made) == 1
    others = [{"count": 2}, {"guidance": 3.0}, {"clip_x_0": False}, {"add_noise": False}]
    assert len(others) == KEPT
    for other in others:
        walked(fast, **{"guidance": 2.0, "label": labels("all", other.get("count", 3))} | other)
    assert len(lanes.made) == 1 + KEPT
    walked(fast, 2.0, label=labels("all"))
    assert len(lanes.made) == 2 + KEPT


def test_a_closed_chain_stops_at_once_and_leaves_no_thread(checkpoint) -> None:
    fast, lanes = graphed(checkpoint)
    before, drawn = threading.active_count(), []
    noise = SeededNoise(0, range(2), SHAPE)

    def counted() -> torch.Tensor:
        drawn.append(1)
        time.sleep(0.02)  # so that draws are waiting when the chain is closed
        return noise()

    walk = fast.reverse(fast.schedule, fast.predictor(), noise(), timestep_path(T, T), counted)
    first = next(walk)
    (own,) = lanes.made
    assert first.t == T and own.replays == LEAD + 1
    walk.close()
    count = len(drawn)
    assert count <= LEAD + 1 + DRAWS_AHEAD
    assert threading.active_count() == before and len(drawn) == count and own.replays == LEAD + 1
    assert_same(walked(fast, count=2), walked(checkpoint, count=2))
    assert len(lanes.made) == 1


def test_noise_is_drawn_once_a_step_in_order_and_never_for_the_last(checkpoint) -> None:
    fast, _ = graphed(checkpoint)
    drawn = []

    def numbered() -> torch.Tensor:
        drawn.append(torch.full((1, *SHAPE), float(len(drawn))))
        return drawn[-1]

    x_T = SeededNoise(0, range(1), SHAPE)()
    for add_noise in (True, False):
        drawn.clear()
        how = Sampling(add_noise=add_noise)
        steps = list(fast.reverse(fast.schedule, fast.predictor(), x_T, (9, 7, 5, 2, 0), numbered, how))
        assert [None if s.z is None else float(s.z.max()) for s in steps] == [0.0, 1.0, 2.0, None]
        assert len(drawn) == 3


def test_guidance_asks_once_for_both_branches(checkpoint) -> None:
    fast, lanes = graphed(checkpoint)
    network, asked = fast.network, []
    original = network.network
    network.network = lambda x, t, class_labels: asked.append(len(x)) or original(x, t, class_labels)
    steps = walked(fast, 3.0, label=labels("all"))
    assert asked == [6] * (WARM_UPS + len(steps))


class Broken(Exception):
    """What a test's noise raises."""


def test_what_goes_wrong_in_a_draw_reaches_the_caller(checkpoint) -> None:
    fast, lanes = graphed(checkpoint)
    x_T = SeededNoise(0, range(3), SHAPE)()

    def broken() -> torch.Tensor:
        raise Broken

    with pytest.raises(Broken):
        next(fast.reverse(fast.schedule, fast.predictor(), x_T, (9, 5, 0), broken))
    assert_same(walked(fast), walked(checkpoint))
    assert len(lanes.made) == 1


@pytest.mark.parametrize(
    "change,words",
    [
        ({"path": (3, 3, 0)}, "a path must fall"),
        ({"path": (T + 1, 0)}, rf"t must be in \[0, {T}\], got {T + 1}"),
        ({"sampler": "pndm"}, "unknown sampler 'pndm'"),
        ({"eta_or_w": 2.0}, r"must be a number in \[0, 1\]"),
    ],
)
def test_it_refuses_what_the_plain_chain_refuses_and_before_a_capture(checkpoint, change, words) -> None:
    fast, lanes = graphed(checkpoint)
    for either in (checkpoint, fast):
        with pytest.raises(ValueError, match=words):
            walked(either, **change)
    assert lanes.made == []


def test_without_signal_or_without_noise_the_plain_chain_decides(checkpoint) -> None:
    schedule = rescale_zero_terminal_snr(checkpoint.schedule)
    network, noise = GraphNetwork(checkpoint.unet, torch.float32, Lanes()), SeededNoise(0, range(2), SHAPE)
    path = timestep_path(T, 4, "trailing")
    with pytest.raises(ValueError, match="x_0 cannot be had from ε"):
        next(network.reverse(schedule, NetworkEps(schedule, network), noise(), path, noise))
    ends = []
    for walk in (network.reverse, reverse):
        noise = SeededNoise(0, range(2), SHAPE)
        ends.append(list(walk(schedule, NetworkEps(schedule, network, "v_prediction"), noise(), path, noise)))
    assert_same(*ends)
    assert network.lane.made == []


def test_a_row_holds_what_the_step_needs() -> None:
    schedule = make_schedule("cosine", 50)
    for sampler, (t, s) in itertools.product(SAMPLERS, [(50, 49), (30, 4), (1, 0)]):
        got_t, level, c = read_row(row_of(schedule, Sampling(sampler, 0.5), t, s, torch.float64))
        expected = SAMPLERS[sampler](schedule, t, s, 0.5)
        assert int(got_t) == t and [float(value) for value in c] == list(expected)
        assert float(level.signal) ** 2 == pytest.approx(float(schedule.alpha_bars[t]), rel=1e-12)
        assert float(level.noise) ** 2 == pytest.approx(1 - float(schedule.alpha_bars[t]), rel=1e-12)


def test_a_call_is_the_network_s_and_answers_in_the_type_of_x(checkpoint) -> None:
    x, t, label = torch.randn(5, *SHAPE, generator=torch.Generator().manual_seed(0)), torch.arange(5), torch.arange(5)
    plain = checkpoint.unet(x, t, class_labels=label).sample
    for dtype, bound in AGREEMENTS.items():
        network = GraphNetwork(checkpoint.unet, dtype, PlainLane)
        before = torch.backends.cudnn.allow_tf32
        got = network(x, t, label).sample
        assert got.dtype == torch.float32 and torch.backends.cudnn.allow_tf32 == before
        torch.testing.assert_close(got, plain, rtol=0, atol=bound)
        assert next(network.network.parameters()).dtype == dtype
        assert network.network.conv_in.weight.is_contiguous(memory_format=torch.channels_last)
    assert next(checkpoint.unet.parameters()).dtype == torch.float32


def test_a_call_s_convolutions_do_without_tf32(checkpoint) -> None:
    seen = []

    def asked(x, t, class_labels):
        seen.append((torch.backends.cudnn.allow_tf32, torch.backends.cudnn.benchmark))
        return types.SimpleNamespace(sample=x)

    network = GraphNetwork(checkpoint.unet, torch.float32, PlainLane)
    network.network = asked
    network(torch.zeros(1, *SHAPE), torch.zeros(1, dtype=torch.int64))
    assert seen == [(False, False)]


@pytest.mark.slow
def test_float16_of_the_shipped_network_keeps_its_bound() -> None:
    unet = load_checkpoint(MNIST).unet
    shares = {}
    for dtype in (torch.float16, torch.float32):
        shares[dtype] = disagreement(unet, agreeing(unet, [dtype], PlainLane))
    assert shares[torch.float32] <= AGREEMENT < shares[torch.float16] <= AGREEMENTS[torch.float16]


@pytest.mark.slow
def test_a_chain_in_float16_ends_within_a_grey_level_of_float32() -> None:
    checkpoint = load_checkpoint(MNIST)
    half, _ = graphed(checkpoint, torch.float16)
    how = Sampling("ddim", num_steps=10)
    one, other = ([s.x_s for s in chain(c, range(4), torch.arange(4), how)][-1] for c in (half, checkpoint))
    assert 0.0 < float((one - other).abs().mean()) < 2 / 255


def test_float32_is_taken_where_float16_overflows() -> None:
    unet = make_network(SHAPE, 3, seed=1, channels=(8, 8)).eval().requires_grad_(False)
    unet.conv_norm_out.weight.mul_(1e6)
    unet.conv_out.weight.mul_(1e-6)
    with pytest.raises(EngineUnavailable, match=r"in torch\.float16 it differs from eager by inf, more than 0\.02"):
        agreeing(unet, [torch.float16], PlainLane)
    assert agreeing(unet, [torch.float16, torch.float32], PlainLane).dtype == torch.float32


def test_a_lane_that_cannot_capture_is_told_in_one_line(checkpoint) -> None:
    class NoLane(PlainLane):
        def captured(self, step):
            raise RuntimeError("operation not permitted\nwhen stream is capturing")

    with pytest.raises(EngineUnavailable, match="cannot be captured: operation not permitted when stream is capturing"):
        agreeing(checkpoint.unet, [torch.float16, torch.float32], NoLane)


@pytest.mark.parametrize("name", ["cuda-graph", "cuda-graph-fp32"])
def test_without_a_card_one_line_says_so_and_eager_runs(checkpoint, capsys, name) -> None:
    with pytest.raises(EngineUnavailable, match="need the network on a CUDA device"):
        ENGINES[name].make(checkpoint.unet, "a")
    assert network_on(checkpoint.unet, "a", name) == ("eager", checkpoint.unet)
    (line,) = capsys.readouterr().err.splitlines()
    assert f"{ENGINES[name].title} cannot be used" in line
    assert checkpoint.on(name).reverse is reverse


def test_a_lent_gpu_is_left_to_eager(monkeypatch) -> None:
    unet = types.SimpleNamespace(parameters=lambda: iter([types.SimpleNamespace(device=torch.device("cuda"))]))
    monkeypatch.setattr(cuda_graph, "shared_gpu", lambda: types.ModuleType("spaces"))
    with pytest.raises(EngineUnavailable, match="lends its GPU"):
        ENGINES["cuda-graph"].make(unet, "a")


def test_every_engine_has_a_title_and_cuda_its_fastest() -> None:
    assert all(engine.title for engine in ENGINES.values())
    assert {engine.fastest_on for engine in ENGINES.values()} == {"", "cpu", "cuda"}
    assert (pick_engine("cuda"), pick_engine("mps"), pick_engine("cuda", "eager")) == ("cuda-graph", "eager", "eager")


class Log(list):
    """What a stand-in for CUDA was asked for, in order."""

    def stream(self, name: str):
        return Stream(self, name)


class Stream:
    def __init__(self, log: Log, name: str) -> None:
        self.log, self.name = log, name

    def wait_stream(self, other: "Stream") -> None:
        self.log.append((self.name, "waits for stream", other.name))

    def wait_event(self, event: "Event") -> None:
        self.log.append((self.name, "waits for event", event.of))


class Event:
    def __init__(self, log: Log, **options) -> None:
        self.log, self.of = log, None

    def record(self, stream: Stream) -> None:
        self.of = f"{stream.name} {sum(line[1] == 'records' and line[0] == stream.name for line in self.log)}"
        self.log.append((stream.name, "records", self.of))

    def synchronize(self) -> None:
        self.log.append(("host", "waits for event", self.of))


@pytest.fixture
def stand_in(monkeypatch) -> Log:
    """CUDA's streams, events and graphs as a log; the arithmetic is the CPU's."""
    log, names, current = Log(), iter(f"{n}{i}" for i in range(9) for n in ("steps", "feeds")), threading.local()

    class Entered:
        def __init__(self, stream: Stream) -> None:
            self.stream = stream

        def __enter__(self) -> None:
            self.before, current.stream = now(), self.stream

        def __exit__(self, *_) -> None:
            current.stream = self.before

    class Graph:
        def replay(self) -> None:
            log.append((now().name, "replays", ""))
            self.step()

    class Capture(Entered):
        def __init__(self, graph: Graph, stream: Stream, capture_error_mode: str) -> None:
            super().__init__(stream)
            assert capture_error_mode == "thread_local"
            self.graph = graph

        def __enter__(self) -> None:
            super().__enter__()
            log.append((now().name, "captures", ""))

        def __exit__(self, kind, *_) -> None:
            if kind:  # as torch's own, which then forgets to give the stream back
                raise RuntimeError("operation failed due to a previous error during capture")
            super().__exit__(kind, *_)

    def now() -> Stream:
        return getattr(current, "stream", default)

    default = Stream(log, "caller")
    cuda = types.SimpleNamespace(
        Stream=lambda device, priority=0: Stream(log, next(names)), Event=lambda **o: Event(log, **o), CUDAGraph=Graph,
        stream=Entered, graph=Capture, current_stream=lambda device: now(),
    )  # fmt: skip
    monkeypatch.setattr(lane, "_idle", {})
    monkeypatch.setattr(lane, "_made", {})
    monkeypatch.setattr(lane, "torch", types.SimpleNamespace(cuda=cuda, Tensor=torch.Tensor, device=torch.device))
    monkeypatch.setattr(torch.Tensor, "pin_memory", lambda self: log.append((now().name, "pins", "")) or self)
    monkeypatch.setattr(
        torch.Tensor, "record_stream", lambda self, s: log.append((s.name, "keeps", self.data_ptr())), raising=False
    )
    return log


def test_the_cuda_lane_orders_its_streams(checkpoint, stand_in, monkeypatch) -> None:
    """Each replay comes after its feed, each Step after its replay, and the host waits for none just launched."""

    class Remembering(CudaLane):
        def captured(self, step):
            replay = super().captured(step)
            replay.__self__.step = step
            return replay

    network = GraphNetwork(checkpoint.unet, torch.float32, lambda: Remembering(torch.device("cpu")))
    fast = replace(checkpoint, engine="cuda-graph", network=network)
    path = timestep_path(T, 9)
    got = walked(fast, label=labels("all"), path=path)
    assert_same(got, walked(checkpoint, label=labels("all"), path=path))

    log = list(stand_in)
    assert log[:2] == [("steps0", "waits for stream", "caller"), ("feeds0", "waits for stream", "caller")]
    assert [line for line in log if line[1] == "captures"] == [("steps0", "captures", "")]
    replays = [i for i, line in enumerate(log) if line[1] == "replays"]
    assert len(replays) == 9 and all(log[i][0] == "steps0" for i in replays)
    for k, i in enumerate(replays):  # feeds0 0 is x_T and the labels
        assert ("steps0", "waits for event", f"feeds0 {k + 1}") in log[:i]
    waits = [(i, line[2]) for i, line in enumerate(log) if line[:2] == ("host", "waits for event")]
    assert [event for _, event in waits] == [f"steps0 {k}" for k in range(9)]
    for k, (i, _) in enumerate(waits):
        assert sum(replay < i for replay in replays) == min(9, k + LEAD + 1)
    pinned = {line[0] for line in log if line[1] == "pins"}
    assert pinned == {"feeds0"}
    kept = {line[2] for line in log if line[:2] == ("caller", "keeps")}
    for step in got:
        assert {step.x_t.data_ptr(), step.eps_hat.data_ptr(), step.variance.data_ptr()} <= kept


def test_no_two_lanes_share_the_stream_of_their_steps(stand_in, monkeypatch) -> None:
    monkeypatch.setattr(lane, "MAX_LANES", 2)
    cpu = torch.device("cpu")
    one, other = CudaLane(cpu), CudaLane(cpu)
    assert one.steps is not other.steps
    with pytest.raises(EngineUnavailable, match="2 chains have their graphs"):
        CudaLane(cpu)
    freed = one.steps
    del one
    assert CudaLane(cpu).steps is freed


def test_without_a_lane_the_plain_chain_runs(checkpoint) -> None:
    def none_left() -> PlainLane:
        raise EngineUnavailable("no lane")

    network = GraphNetwork(checkpoint.unet, torch.float32, none_left)
    fast = replace(checkpoint, engine="cuda-graph", network=network)
    assert_same(walked(fast, label=labels("all")), walked(checkpoint, label=labels("all")))


@pytest.mark.parametrize("fine", [0, WARM_UPS])
def test_a_failed_capture_gives_the_caller_its_stream_back(stand_in, fine) -> None:
    own, calls = CudaLane(torch.device("cpu")), itertools.count()

    def fails() -> None:
        if next(calls) == fine:
            raise Broken

    with pytest.raises((Broken, RuntimeError)):
        own.captured(fails)
    assert next(calls) == fine + 1
    assert lane.torch.cuda.current_stream(own.device).name == "caller"
