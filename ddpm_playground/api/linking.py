"""The deed that gives the address of a picture: whoever opens it sees the very same one."""

from dataclasses import fields
from urllib.parse import urlencode

from ..recipe import DEFAULT, Recipe
from .answers import Answer


def open_link(
    tab: str = "reverse",
    schedule: str = "linear",
    num_train_timesteps: int = 1000,
    params: str = "",
    zero_snr: bool = False,
    compare: str = "cosine",
    t: int = 250,
    digit: int = 7,
    size: int = 28,
    noise_seed: int = 0,
    checkpoint: str = "mnist",
    label: str = "all",
    guidance: float = 1.0,
    sampler: str = "ddpm",
    options: str = "",
    num_steps: int = 200,
    spacing: str = "trailing",
    strength: float = 0.0,
    add_noise: bool = True,
    clip_x_0: bool = True,
    seed: int = 0,
    num_images: int = 16,
    from_forward: bool = False,
    lab: str = "",
    chapter: str = "",
    levers: str = "",
) -> Answer:
    """Give the address of the page with these settings: whoever opens it sees the very same picture.

    Example: open_link(tab="forward", schedule="cosine", t=500, digit=3).

    Args:
        tab: reverse, forward, train, schedule, theory or lab
        schedule: name of a noise schedule, as linear or cosine
        num_train_timesteps: its number of steps T, in [1, 4000]
        params: its parameters, as "beta_start:0.0001,beta_end:0.02"
        zero_snr: whether it is rescaled to zero terminal SNR
        compare: names of the schedules that it is compared with, separated by commas
        t: the timestep that is shown, in [0, T]
        digit: which bundled digit is noised, 0 to 999
        size: side of a picture of one's own
        noise_seed: of the ε that it is noised with
        checkpoint: name of the network that runs
        label: class that it draws: a number, all or none
        guidance: W in [0, 20]; 1 is the network alone
        sampler: how it is sampled, as ddpm or ddim
        options: of a scheduler class of diffusers, where the sampler is one, as "use_karras_sigmas:true,eta:0.5"
        num_steps: number of sampling steps S
        spacing: how they are spaced: trailing, leading or linspace
        strength: the sampler's own number in [0, 1]: η of ddim, w of ddpm
        add_noise: whether σ z is added
        clip_x_0: whether the guess of x_0 is kept in [−1, 1]
        seed: of x_T and every z
        num_images: how many pictures, in [1, 64]
        from_forward: whether the chain starts from the forward tab's x_t
        lab: config or schedule that the Lab opens with, at most 2000 characters
        chapter: name of the Theory tab's chapter
        levers: settings of that chapter, as its own address has them

    Returns:
        {"link"}: the address
    """
    given = dict(locals())
    given["T"] = given.pop("num_train_timesteps")
    if not lab:
        del given["lab"]
    return Answer({"link": address_of(DEFAULT.with_(**given))})


def address_of(recipe: Recipe) -> str:
    """A recipe as the page's address has it, from its root on: only what differs from the defaults."""
    changed = {field.name: getattr(recipe, field.name) for field in fields(Recipe)}
    changed = {name: value for name, value in changed.items() if value != getattr(DEFAULT, name)}
    said = {name: str(value).lower() if isinstance(value, bool) else value for name, value in changed.items()}
    return f"/?{urlencode(said)}" if said else "/"
