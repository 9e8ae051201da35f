"""Images a second in training, against a plain loop of diffusers' parts."""

from collections.abc import Callable, Iterator

import torch
from accelerate import Accelerator
from diffusers import DDPMScheduler

from ddpm_playground.engine.device import pick_device
from ddpm_playground.learn.data.pictures import bundled_digits
from ddpm_playground.learn.networks.unet import make_network
from ddpm_playground.learn.training.settings import Settings
from ddpm_playground.learn.training.trainer import Trainer

from .row import Row, interleaved

BATCH, STEPS = 32, 10


def ours(compiled: bool) -> Callable[[], object]:
    """STEPS gradient steps of the project's trainer."""
    device = pick_device()
    trainer = Trainer(Settings(batch_size=BATCH), bundled_digits(), device, compiled)

    def steps() -> None:
        for _ in range(STEPS):
            step = trainer.advance()
        step.errors.cpu()  # a card may still be at them

    return steps


def plain() -> Callable[[], object]:
    """STEPS gradient steps as a short script with accelerate would take them, eager float32."""
    accelerator = Accelerator(cpu=pick_device().type == "cpu")
    unet = make_network((1, 28, 28), 10, seed=0)
    optimizer = torch.optim.AdamW(unet.parameters(), 1e-3)
    digits = bundled_digits()
    unet, optimizer = accelerator.prepare(unet, optimizer)
    scheduler, generator = DDPMScheduler(1000), torch.Generator().manual_seed(0)

    def steps() -> None:
        for _ in range(STEPS):
            index = torch.randint(0, len(digits), (BATCH,), generator=generator)
            x_0 = digits.x_0(index).to(accelerator.device)
            eps = torch.randn(x_0.shape, generator=generator).to(accelerator.device)
            t = torch.randint(0, 1000, (BATCH,), generator=generator).to(accelerator.device)
            label = digits.labels[index].to(accelerator.device)
            output = unet(scheduler.add_noise(x_0, eps, t), t, class_labels=label).sample  # type: ignore[arg-type]
            loss = torch.nn.functional.mse_loss(output, eps)
            accelerator.backward(loss)
            accelerator.clip_grad_norm_(unet.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
            float(loss)

    return steps


def rows(rounds: int) -> Iterator[Row]:
    """Eager and compiled trainer against the plain loop."""
    goal = "≥ 3" if pick_device().type == "cuda" else "≥ 1.3"
    eager, compiled, loop = ours(False), ours(True), plain()
    for way in (eager, compiled, loop):
        way()
    taken = interleaved(eager, compiled, loop, rounds=rounds)
    rates = [BATCH * STEPS / second for second in taken]
    for what, rate in zip(("eager", "--compile"), rates, strict=False):
        yield Row(f"training, {what}", rate, "accelerate, eager float32", rates[2], "images/s", rate / rates[2], goal)
