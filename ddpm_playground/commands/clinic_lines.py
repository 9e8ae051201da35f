"""What `clinic` prints, in the language that is spoken."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..learn.clinic.consultation import Examination
    from ..learn.clinic.patient import Patient
    from ..learn.clinic.ranking import Ranking


def print_all(
    paths: Sequence[Path], patient: "Patient", examined: "list[Examination]", ranking: "Ranking | None"
) -> None:
    """The pictures, each examination and the order.

    Args:
        paths: of the checkpoints, as given.
        patient: the first of them.
        examined: none, one or two.
        ranking: of two and more.
    """
    from ..ui.words.refusal import refusal
    from ..ui.words.text import text

    print(text("clinic.cmd_pictures", told=refusal(patient.seen.told), seed=patient.seed))
    for path, one in zip(paths, examined, strict=False):
        _print_one(str(path), one)
    if ranking is not None:
        _print_ranking(paths, ranking, paired=len(examined) > 1)


def _print_one(name: str, one: "Examination") -> None:
    from ..ui.words.refusal import refusal
    from ..ui.words.text import text

    print(f"\n== {name}")
    for note in one.notes:
        print(f"  {refusal(note)}")
    print(text("clinic.cmd_head"))
    for level, shipped in zip(one.curve, one.shipped, strict=True):
        bound = "        –" if level.bound_bpd is None else f"{level.bound_bpd.value:9.3g}"
        ratio = level.variance / level.calibrated if level.calibrated > 0 else float("nan")
        told = "     –" if shipped is None else f"{shipped.eps_mse.value:8.3g}"
        print(
            f"{level.t:6} {level.log_snr:8.2f} {level.eps_mse.value:10.3g} ± {level.eps_mse.standard_error:<8.2g}"
            f" {level.x_0_mse.value:10.3g} {bound:>14} {ratio:15.2f} {level.brightness.value:11.4f}"
            f" {level.linear_eps_mse.value:7.3g} {told:>9}"
        )
    print("  " + text("clinic.cmd_linear"))
    print("  " + text("clinic.cmd_shipped", told=refusal(one.shipped_told)))
    pairs = ", ".join(text("clinic.pair", t=t, best=f"{best:.4g}") for t, best in one.search.t_map)
    print("  " + text("clinic.cmd_best", pairs=pairs))
    middle = one.chain[:: max(1, len(one.chain) // 5)]
    norms = ", ".join(text("clinic.cmd_norm", t=norm.t, ratio=f"{norm.ratio:.3f}") for norm in middle)
    norms = norms or text("clinic.cmd_no_norms")
    print("  " + text("clinic.cmd_chain", steps=len(one.chain) + 1, norms=norms))
    for found in (*one.diagnoses, *one.remarks):
        mark = "·" if found.ailment.severity == "note" else "✗"
        told = {"severity": text(f"lab.{found.ailment.severity}"), "title": refusal(found.title), "code": found.code}
        print(f"{mark} {text('clinic.cmd_found', **told)}")
        print(f"  {refusal(found.message)}\n  {refusal(found.ailment.fix)} [{refusal(found.ailment.reference)}]")
    if not one.diagnoses:
        print(f"· {refusal(one.verdict)}")
    for code, reason in one.left_out.items():
        print("  " + text("clinic.cmd_left_out", code=code, reason=refusal(reason)))


def _print_ranking(paths: Sequence[Path], ranking: "Ranking", *, paired: bool) -> None:
    from ..ui.words.text import text

    print(f"\n== {text('clinic.cmd_ranking')}")
    for number, one in enumerate(ranking.standings, 1):
        behind = "" if number == 1 else "  " + text("clinic.cmd_behind", more=f"{one.more:+.1%}", z=f"{one.z:.1f}")
        print(f"{number:3}. {one.score:.5g}  {paths[one.place]}{behind}")
    if paired:
        pair = {one.place: one.by_level for one in ranking.standings}
        print("  " + text("clinic.cmd_pair"))
        for k, log_snr in enumerate(ranking.log_snr):
            print(f"{log_snr:9.2f}   {pair[0][k].value:.4g} / {pair[1][k].value:.4g}")
