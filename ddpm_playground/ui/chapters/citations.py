"""Whose lecture, notes and papers the chapters come from."""

from typing import Any, NamedTuple

FROM_HO = (
    "training", "sampling", "ddpm_bound", "forward_step", "closed_form", "terms", "posterior", "step_kl", "mean_forms",
    "ledger",
)  # fmt: skip
LECTURE = (
    "training", "sampling", "likelihood", "decoder", "lower_bound", "ddpm_bound", "forward_step", "closed_form",
    "terms", "posterior", "step_kl", "mean_forms",
)  # fmt: skip


class Reference(NamedTuple):
    """One source, in its own language.

    Attributes:
        credit: who and when.
        title: of the work.
        where: where it appeared.
        url: where it stands; "" where none is known.
        chapters: names of the chapters that take from it.
    """

    credit: str
    title: str
    where: str
    url: str
    chapters: tuple[str, ...]


def _part(number: int, video: str) -> Reference:
    return Reference(
        "李宏毅 (Hung-yi Lee), 2023", f"【生成式AI】Diffusion Model 原理剖析 ({number}/4)", "NTU",
        f"https://www.youtube.com/watch?v={video}", LECTURE,
    )  # fmt: skip


def _arxiv(credit: str, title: str, where: str, number: str, *chapters: str) -> Reference:
    return Reference(credit, title, where, f"https://arxiv.org/abs/{number}", chapters)


REFERENCES = (
    _part(1, "ifCDXFdeaaM"),
    _part(2, "73qwu77ZsTM"),
    _part(3, "m6QchXTx6wA"),
    _part(4, "67_M2qP5ssY"),
    Reference(
        "李宏毅 (Hung-yi Lee), 2023", "機器學習 2023 Spring", "NTU",
        "https://speech.ee.ntu.edu.tw/~hylee/ml/2023-spring.php", LECTURE,
    ),
    Reference(
        "筆記 Ref (the notes)", "深入浅出扩散模型(Diffusion Model)系列：基石DDPM（人人都能看懂的数学原理篇）", "", "",
        LECTURE,
    ),
    _arxiv(
        "Ho, Jain & Abbeel, 2020", "Denoising Diffusion Probabilistic Models", "NeurIPS 2020", "2006.11239", *FROM_HO
    ),
    _arxiv(
        "Luo, 2022", "Understanding Diffusion Models: A Unified Perspective", "arXiv", "2208.11970",
        "lower_bound", "ddpm_bound", "closed_form", "terms", "posterior", "step_kl", "mean_forms",
    ),
    _arxiv(
        "Sohl-Dickstein et al., 2015", "Deep Unsupervised Learning using Nonequilibrium Thermodynamics", "ICML 2015",
        "1503.03585", "ddpm_bound",
    ),
    _arxiv(
        "Kingma & Welling, 2014", "Auto-Encoding Variational Bayes", "ICLR 2014", "1312.6114", "decoder", "lower_bound"
    ),
    _arxiv(
        "Song et al., 2021", "Score-Based Generative Modeling through Stochastic Differential Equations", "ICLR 2021",
        "2011.13456", "mean_forms",
    ),
    _arxiv(
        "Nichol & Dhariwal, 2021", "Improved Denoising Diffusion Probabilistic Models", "ICML 2021", "2102.09672",
        "ledger",
    ),
)  # fmt: skip


def cited() -> list[dict[str, Any]]:
    """REFERENCES for the browser."""
    return [reference._asdict() for reference in REFERENCES]
