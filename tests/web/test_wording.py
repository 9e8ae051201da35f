"""Formulas and titles as plain words, for where nothing can be set."""

import pytest


@pytest.mark.parametrize(
    ("tex", "plain"),
    [
        (r"\bar\alpha_t = \prod_{s=1}^{t} (1-\beta_s)", "ᾱ_{t} = ∏_{s=1}^(t) (1−β_{s})"),
        (r"\tfrac{1-\alpha_t}{\sqrt{1-\bar\alpha_t}}\,\varepsilon_\theta", "(1−α_{t})/(√(1−ᾱ_{t})) ε_{θ}"),
        (r"(\varepsilon-\varepsilon_\theta)^2", "(ε−ε_{θ})²"),
        (r"x_0^{(1)}", "x_{0}⁽¹⁾"),
        (r"2.4\times10^{-7}", "2.4×10⁻⁷"),
        (r"\bigl(\xT{x_t}\bigr)", "(x_{t})"),
    ],
)
def test_tex_as_words(script, tex, plain) -> None:
    assert script("return plainTex(arg)", tex) == plain


def test_subscripts_of_a_title_stand_without_braces(script) -> None:
    assert script("return plainSubscripts(arg)", "ᾱ_{t} and x_{t−1}") == "ᾱ_t and x_t−1"
