"""`python -m bench`: how fast ε_θ, the chain and its stream are on this machine."""

import platform
import statistics
import time
from collections.abc import Callable

import diffusers
import torch

from ddpm_playground.core import SeededNoise, timestep_path
from ddpm_playground.engine.device import describe_device, pick_device
from ddpm_playground.recipe import DEFAULT
from ddpm_playground.run import Run
from ddpm_playground.ui.runs import LiveRun
from ddpm_playground.ui.stream import messages

ROUNDS = 5
STEPS = 20


def interleaved(*ways: Callable[[], object]) -> list[float]:
    """Median seconds of each way, run in turn so that a busy machine slows all alike."""
    seconds: list[list[float]] = [[] for _ in ways]
    for way in ways:
        way()
    for _ in range(ROUNDS):
        for way, own in zip(ways, seconds, strict=True):
            start = time.perf_counter()
            way()
            own.append(time.perf_counter() - start)
    return [statistics.median(own) for own in seconds]


def eps_call(batch: int, memory_format: torch.memory_format) -> Callable[[], object]:
    """One call of the shipped ε_θ on `batch` pictures."""
    run = Run(DEFAULT.with_(num_images=batch))
    unet = run.checkpoint.unet.to(memory_format=memory_format)  # type: ignore[call-overload]
    x = SeededNoise(0, range(batch), run.shape)().to(next(unet.parameters()).device, memory_format=memory_format)
    t, label = torch.full((batch,), 500, device=x.device), run.labels.to(x.device)
    predict = run.checkpoint.predictor()

    def call() -> None:
        unet.to(memory_format=memory_format)  # type: ignore[call-overload]
        float(predict(x, t, label).eps_hat.sum())

    return call


def chain(batch: int) -> Callable[[], object]:
    """STEPS steps of the ancestral chain, nothing else."""
    run = Run(DEFAULT.with_(num_images=batch, num_steps=STEPS))

    def walk() -> None:
        for step in run:
            float(step.x_s.sum())

    return walk


def stream(batch: int) -> Callable[[], object]:
    """The same chain as the messages that the browser gets."""

    def walk() -> None:
        for _ in messages(LiveRun(Run(DEFAULT.with_(num_images=batch, num_steps=STEPS))), "bench", ""):
            pass

    return walk


def diffusers_loop(batch: int) -> Callable[[], object]:
    """The same steps as diffusers' own loop on the same weights."""
    run = Run(DEFAULT.with_(num_images=batch, num_steps=STEPS))
    scheduler = diffusers.DDPMScheduler.from_config(run.checkpoint.scheduler_config, timestep_spacing="trailing")
    device = next(run.checkpoint.unet.parameters()).device
    assert tuple(timestep_path(run.schedule.T, STEPS, "trailing")) == run.path

    @torch.no_grad()
    def walk() -> None:
        generator = torch.Generator(device).manual_seed(0)
        scheduler.set_timesteps(STEPS)
        x = SeededNoise(0, range(batch), run.shape, device)()
        for timestep in scheduler.timesteps:
            eps_hat = run.checkpoint.unet(x, timestep, class_labels=run.labels.to(device)).sample
            x = scheduler.step(eps_hat, timestep, x, generator=generator).prev_sample
        float(x.sum())

    return walk


def main() -> None:
    """Print the table."""
    print(f"{describe_device(pick_device())}; Python {platform.python_version()}, torch {torch.__version__}, ")
    print(f"diffusers {diffusers.__version__}; medians of {ROUNDS} interleaved runs\n")
    print("| what | seconds | against | seconds | ratio |\n|---|---|---|---|---|")
    for batch in (1, 16):
        last, contiguous = interleaved(eps_call(batch, torch.channels_last), eps_call(batch, torch.contiguous_format))
        print(
            f"| ε_θ, batch {batch}, channels-last | {last:.4f} | contiguous | {contiguous:.4f} | {contiguous / last:.2f} |"  # noqa: E501
        )
    for batch in (1, 16):
        bare, streamed, theirs = interleaved(chain(batch), stream(batch), diffusers_loop(batch))
        print(f"| {STEPS} steps, batch {batch} | {bare:.3f} | diffusers' loop | {theirs:.3f} | {theirs / bare:.2f} |")
        print(
            f"| messages of {STEPS} steps, batch {batch} | {streamed:.3f} | bare chain | {bare:.3f} | {streamed / bare:.2f} |"  # noqa: E501
        )


if __name__ == "__main__":
    main()
