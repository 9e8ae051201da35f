"""Random schedules and times for hypothesis."""

from hypothesis import strategies as st

from ddpm_playground.core import Schedule, schedule_from_betas

inner_beta = st.floats(1e-4, 0.99)
any_beta = st.one_of(st.sampled_from([0.0, 1.0]), inner_beta)


@st.composite
def schedules(draw, beta=inner_beta, min_T: int = 1, max_T: int = 30) -> Schedule:
    """A schedule with random β_1…β_T."""
    return schedule_from_betas(draw(st.lists(beta, min_size=min_T, max_size=max_T)))


@st.composite
def schedule_t_s(draw, beta=inner_beta, min_s: int = 0) -> tuple[Schedule, int, int]:
    """A random schedule and min_s ≤ s < t ≤ T."""
    schedule = draw(schedules(beta, min_T=min_s + 1))
    t = draw(st.integers(min_s + 1, schedule.T))
    return schedule, t, draw(st.integers(min_s, t - 1))


values = st.floats(-3.0, 3.0)
