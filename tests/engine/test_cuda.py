"""The engines on a CUDA card: beside the CPU, beside eager float32, and without the host in their way."""

from collections.abc import Iterator

import pytest
import torch

from ddpm_playground.core import SAMPLERS, Sampling, SeededNoise, Step, reverse, timestep_path
from ddpm_playground.engine.cuda_graph import AGREEMENTS, GraphNetwork, disagreement, plain_float32
from ddpm_playground.engine.network import AGREEMENT, examples
from ddpm_playground.learn.checkpoints.checkpoint import Checkpoint, load_checkpoint
from ddpm_playground.learn.checkpoints.shipped import SHIPPED
from ddpm_playground.learn.judging.samples import chain

from ..waiting import never_waiting

MNIST = SHIPPED / "mnist"
GRAPHS = ["cuda-graph", "cuda-graph-fp32"]
pytestmark = pytest.mark.gpu


@pytest.fixture(scope="module", params=GRAPHS)
def graphed(request: pytest.FixtureRequest) -> Checkpoint:
    """The shipped network as a CUDA graph; eager taking over is a failure here."""
    checkpoint = load_checkpoint(MNIST, "cuda").on(request.param)
    assert checkpoint.engine == request.param and isinstance(checkpoint.network, GraphNetwork)
    return checkpoint


def walk(checkpoint: Checkpoint, indices: range, seed: int = 0, guidance: float = 1.0, **settings) -> Iterator[Step]:
    labels = torch.arange(indices.start, indices.stop) % 10
    sampling = Sampling(**{"num_steps": 50, "eta_or_w": 0.5} | settings)
    return chain(checkpoint, indices, labels, sampling, seed=seed, guidance=guidance)


def end(checkpoint: Checkpoint, indices: range, **settings) -> torch.Tensor:
    *_, last = walk(checkpoint, indices, **settings)
    return last.x_s.cpu()


@pytest.mark.parametrize("engine", ["eager", *GRAPHS])
@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("guidance", [1.0, 3.0])
def test_a_cuda_chain_goes_where_the_cpu_s_goes(sampler: str, guidance: float, engine: str) -> None:
    cpu, cuda = load_checkpoint(MNIST, "cpu").on(), load_checkpoint(MNIST, "cuda").on(engine)
    ends = [end(checkpoint, range(10), sampler=sampler, guidance=guidance) for checkpoint in (cpu, cuda)]
    # Eager convolutions on the card may sum in TF32, and a graph's may be of float16; a grey level is 2/255.
    assert float((ends[0] - ends[1]).abs().mean()) < 2 / 255


def test_auto_is_the_graph() -> None:
    assert load_checkpoint(MNIST, "cuda").on().engine == "cuda-graph"


def test_replayed_epsilons_keep_the_bound_of_their_type(graphed: Checkpoint) -> None:
    assert isinstance(graphed.network, GraphNetwork)
    assert disagreement(graphed.unet, graphed.network) <= AGREEMENTS[graphed.network.dtype]


@pytest.mark.parametrize("batch", [1, 3, 64])
def test_a_call_agrees_with_eager_float32(graphed: Checkpoint, batch: int) -> None:
    assert isinstance(graphed.network, GraphNetwork)
    inputs = examples(graphed.unet.config, batch)
    x, t, label = (None if a is None else a.cuda() for a in inputs)
    assert x is not None and t is not None
    with torch.no_grad(), plain_float32():
        eager = graphed.unet(x, t, class_labels=label).sample
        bound = AGREEMENTS[graphed.network.dtype]
        torch.testing.assert_close(graphed.network(x, t, label).sample, eager, rtol=0, atol=bound)
        on_cpu = load_checkpoint(MNIST).unet(inputs[0], inputs[1], class_labels=inputs[2]).sample
    torch.testing.assert_close(eager.cpu(), on_cpu, rtol=1e-5, atol=10 * AGREEMENT)


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("guidance", [1.0, 3.0])
def test_a_replayed_chain_is_the_plain_one_of_the_same_network(
    graphed: Checkpoint, sampler: str, guidance: float
) -> None:
    label, path, walks = torch.tensor([3, -1, 7], device="cuda"), timestep_path(1000, 12, "trailing"), []
    for way in (graphed.reverse, reverse):
        noise = SeededNoise(0, range(3), graphed.image_shape, "cuda")
        with plain_float32():
            steps = way(
                graphed.schedule, graphed.predictor(guidance), noise(), path, noise,
                Sampling(sampler, 0.5), label=label,
            )  # fmt: skip
            walks.append(list(steps))
    for one, other in zip(*walks, strict=True):
        assert (one.t, one.s) == (other.t, other.s)
        for name in ("x_t", "eps_hat", "x_hat_0", "mean", "variance", "x_s"):
            torch.testing.assert_close(getattr(one, name), getattr(other, name), rtol=0, atol=1e-5)
        if other.z is not None:
            assert torch.equal(one.z, other.z)


def test_nothing_in_the_loop_makes_the_host_wait(graphed: Checkpoint) -> None:
    label, path = torch.arange(5, device="cuda"), timestep_path(1000, 40, "trailing")
    predict = graphed.predictor(2.0)

    def steps() -> Iterator[Step]:
        noise = SeededNoise(0, range(5), graphed.image_shape, "cuda")
        return graphed.reverse(graphed.schedule, predict, noise(), path, noise, label=label)

    *_, captured = steps()  # the capture may wait
    with never_waiting():
        with pytest.raises(RuntimeError, match="synchroniz"):
            captured.x_s.sum().item()  # the mode sees what it is to see
        *_, last = steps()
    assert torch.equal(last.x_s, captured.x_s)


def test_steps_that_were_handed_out_stay_as_they_are(graphed: Checkpoint) -> None:
    kept = [(step, step.x_s.clone(), step.eps_hat.clone()) for step in walk(graphed, range(4), num_steps=100)]
    torch.cuda.synchronize()
    for step, x_s, eps_hat in kept:
        assert torch.equal(step.x_s, x_s) and torch.equal(step.eps_hat, eps_hat)


def test_companions_change_no_bit(graphed: Checkpoint) -> None:
    whole = end(graphed, range(70), guidance=3.0)
    for some in (range(0, 1), range(0, 7), range(0, 64)):
        assert torch.equal(end(graphed, some, guidance=3.0), whole[: len(some)]), some


def test_two_chains_at_once_do_not_meet(graphed: Checkpoint) -> None:
    pairs = zip(walk(graphed, range(4), seed=1), walk(graphed, range(4), seed=2), strict=True)
    *_, (one, other) = pairs
    assert torch.equal(one.x_s.cpu(), end(graphed, range(4), seed=1))
    assert torch.equal(other.x_s.cpu(), end(graphed, range(4), seed=2))


def test_a_closed_chain_leaves_its_graph_fit_for_the_next(graphed: Checkpoint) -> None:
    expected = end(graphed, range(4))
    steps = walk(graphed, range(4), seed=9)
    next(steps)
    steps.close()  # type: ignore[attr-defined]
    assert torch.equal(end(graphed, range(4)), expected)
