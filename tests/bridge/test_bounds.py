"""What strangers' numbers may cost: refused before anything is built, and whatever people published passes."""

import json
import tracemalloc

import pytest

from ddpm_playground.bridge import scheduler_classes as classes_module
from ddpm_playground.bridge.bounds import check_cost, limit_of, walks_at_once
from ddpm_playground.bridge.scheduler_classes import build, is_placeholder, scheduler_class, scheduler_classes
from ddpm_playground.lab.audit import audit
from ddpm_playground.lab.reading import subject_of_text
from ddpm_playground.ui.words.refusal import refusal

HUGE = 100_000_000
# Kept as people published them: families whose numbers are unlike the defaults.
PUBLISHED = [
    {"_class_name": "FlowMatchEulerDiscreteScheduler", "base_image_seq_len": 1024, "max_image_seq_len": 16384,
     "num_train_timesteps": 1000, "shift": 3.0, "shift_terminal": 0.1, "use_dynamic_shifting": True},
    {"_class_name": "DPMSolverMultistepScheduler", "solver_order": 3, "lambda_min_clipped": float("-inf"),
     "trained_betas": None, "variance_type": "learned_range", "num_train_timesteps": 1000},
    {"_class_name": "UniPCMultistepScheduler", "solver_order": 3, "disable_corrector": [0, 1], "solver_p": None},
    {"_class_name": "CMStochasticIterativeScheduler", "num_train_timesteps": 201, "sigma_max": 80.0},
    {"_class_name": "DDPMScheduler", "num_train_timesteps": 4000, "beta_schedule": "squaredcos_cap_v2"},
    {"_class_name": "LCMScheduler", "original_inference_steps": 100, "steps_offset": 1},
    {"_class_name": "SASolverScheduler", "predictor_order": 3, "corrector_order": 4},
    {"_class_name": "ScoreSdeVeScheduler", "num_train_timesteps": 2000, "correct_steps": 1, "sigma_max": 1348},
    {"_class_name": "DDIMScheduler", "class_names": [f"class {i}" for i in range(1000)], "steps_offset": 1},
    {"_class_name": "PNDMScheduler", "skip_prk_steps": True, "set_alpha_to_one": False, "clip_sample": False},
    {"_class_name": "KDPM2DiscreteScheduler", "num_train_timesteps": 1000},
    {"_class_name": "SomethingOfOurs", "levels": {"a": [1, 2, {"b": 3}]}},
]  # fmt: skip


@pytest.mark.parametrize("config", PUBLISHED, ids=lambda config: config["_class_name"])
def test_published_configs_pass(config) -> None:
    check_cost(config["_class_name"], config, 1000)
    check_cost(config["_class_name"], json.loads(json.dumps(config)))


def whole_numbers() -> list[tuple[str, str]]:
    """Every option of every class that is a whole number."""
    found = []
    for name, the_class in scheduler_classes().items():
        if is_placeholder(the_class):
            continue
        parameters = classes_module.inspect.signature(the_class.__init__).parameters.values()
        found += [(name, p.name) for p in parameters if limit_of(p, walks_at_once(the_class)) is not None]
    return found


def test_every_whole_number_of_every_class_is_bounded() -> None:
    found = whole_numbers()
    assert {"solver_order", "predictor_order", "corrector_order", "n_grid", "stages"} <= {key for _, key in found}
    assert len(found) > 60
    for name, key in found:
        for value in (HUGE, -HUGE, float(HUGE), 10**40, float("inf")):
            with pytest.raises(ValueError, match=f"^{key} must be") as refused:
                check_cost(name, {key: value})
            assert len(str(refused.value)) < 200 and refusal(refused.value, "zh-TW") != str(refused.value)


@pytest.mark.parametrize("name", ["DPMSolverMultistepScheduler", "DEISMultistepScheduler", "UniPCMultistepScheduler"])
def test_nothing_is_built_of_what_is_refused(name: str, monkeypatch) -> None:
    the_class = scheduler_class(name)
    monkeypatch.setattr(the_class, "__init__", lambda *a, **k: pytest.fail("built"))
    monkeypatch.setattr(classes_module, "options_of", lambda _: {"solver_order": 2})
    for deed in (
        lambda: audit(name, 10, {"solver_order": 10**40}),
        lambda: build(the_class, {"beta_start": 10**40}, None, None),
    ):
        with pytest.raises(ValueError, match="at most|64 bits"):
            deed()


def test_a_pasted_text_is_refused_at_once_and_in_little_memory() -> None:
    text = '{"_class_name":"DPMSolverMultistepScheduler","beta_start":0.0001,"solver_order":100000000}'
    scheduler_classes()
    tracemalloc.start()
    with pytest.raises(ValueError, match="solver_order must be a whole number of at most 100 here, got 100,000,000"):
        subject_of_text(text)
    assert tracemalloc.get_traced_memory()[1] < 20 * 2**20
    tracemalloc.stop()


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"_class_name": "DDIMScheduler", "steps_offset": 10**29}, "steps_offset must be a number of at most 64 bits"),
        ({"unknown": [[10**400]]}, "unknown must be .* 64 bits, got a whole number of 401 digits"),
        ({"_class_name": "DDIMScheduler", "beta_schedule": "x" * 5000}, "beta_schedule must have at most 1,000"),
        ({"_class_name": "UniPCMultistepScheduler", "disable_corrector": [1] * 5000}, "disable_corrector must list"),
        ({"_class_name": "DDIMScheduler", "trained_betas": [[0.1]]}, "trained_betas must be one flat list"),
        ({"_class_name": "KDPM2DiscreteScheduler", "num_train_timesteps": 100_000}, r"in \[1, 4000\], got 100000"),
        ({"_class_name": "DDIMScheduler", "num_train_timesteps": 10**9}, r"in \[1, 100000\], got 1000000000"),
    ],
    ids=lambda value: str(value)[:60],
)  # fmt: skip
def test_other_numbers_lists_and_texts(config, told) -> None:
    with pytest.raises(ValueError, match=told):
        check_cost(config.get("_class_name"), config)


def test_nesting_ends() -> None:
    nested: object = 1
    for _ in range(50):
        nested = [nested]
    with pytest.raises(ValueError, match="nested more than 20 levels"):
        check_cost(None, {"deep": nested})


def test_orders_and_steps_are_bounded_together() -> None:
    check_cost("SASolverScheduler", {"predictor_order": 20, "corrector_order": 20}, 50)
    with pytest.raises(ValueError, match="together 2,500 times their defaults"):
        check_cost("SASolverScheduler", {"predictor_order": 100, "corrector_order": 100}, 50)
    with pytest.raises(ValueError, match="number of steps must be at most"):
        check_cost("DDIMScheduler", {}, 10**12)


def test_what_passes_is_built_soon() -> None:
    """The largest numbers that pass, in every class: none takes gigabytes; values that are wrong are refused."""
    tracemalloc.start()
    for name, key in whole_numbers():
        the_class = scheduler_class(name)
        if key == "num_train_timesteps" and name != "DDIMScheduler":
            continue
        parameter = classes_module.inspect.signature(the_class.__init__).parameters[key]
        try:
            build(the_class, {key: limit_of(parameter)}, None, None)
        except (ValueError, classes_module.Unauditable):
            continue
    assert tracemalloc.get_traced_memory()[1] < 300 * 2**20
    tracemalloc.stop()
