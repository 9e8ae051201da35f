"""A real browser computes alike: a handful of the formulas that tests/web holds to core."""

import numpy as np
import pytest

from ddpm_playground.core import SCHEDULES, make_schedule, schedule_params

from .visit import Visit

pytestmark = pytest.mark.browser

ALPHA_BARS = """async ([name, T, params]) => {
  const { scheduleTables } = await import("ddpm/core/formulas.js");
  return [...scheduleTables(name, T, params, false).alpha_bar];
}"""


def test_every_schedule_is_cores_in_the_browser_too(chromium, playground):
    visit = Visit(chromium, playground)
    for name in SCHEDULES:
        got = visit.page.evaluate(ALPHA_BARS, [name, 1000, schedule_params(name)])
        np.testing.assert_allclose(got, make_schedule(name, 1000).alpha_bars.numpy(), rtol=1e-6, atol=1e-9)
    visit.settled()
    visit.close()
