"""What the page says of a chain's time: what was measured, and no sum of what was not."""

from ddpm_playground.engine.spaces import StepTime
from ddpm_playground.ui.reverse.loading import step_time


def test_before_anything_was_measured_nothing_is_said_of_time() -> None:
    assert "not measured yet" in step_time(None, 16, 200, "ddpm")


def test_one_call_tells_its_own_time_and_no_chain_of_more_pictures() -> None:
    told = step_time(StepTime(1, 0.026, in_chain=False), 16, 200, "ddpm")
    assert "0.026 s a step" in told and "200" not in told


def test_a_chain_of_as_many_pictures_tells_how_long_the_next_one_takes() -> None:
    known = StepTime(16, 0.09)
    assert "200" in (told := step_time(known, 16, 200, "ddpm")) and "18 s" in told
    assert "200" not in step_time(known, 4, 200, "ddpm"), "fewer pictures were not measured"
    assert "200" not in step_time(known, 16, 200, "HeunDiscreteScheduler"), "its steps ask twice"
