"""TeX mathematics in Unicode: exactly the formula, or None."""
# ruff: noqa: RUF001 - the look-alikes are the point

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grokchat.markdown.tex_to_unicode import tex_to_unicode

PLAIN = [
    ("a + b", "a + b"),
    ("x", "x"),
    ("a - b", "a − b"),
    ("-1", "−1"),
    ("a * b", "a * b"),
    ("f(x) = [0, 1)", "f(x) = [0, 1)"),
    ("  a \n\n +\tb ", "a + b"),
    ("漢字 = ñ", "漢字 = ñ"),
    ("n!", "n!"),
    ("a/b", "a/b"),
    ("x ≤ y²", "x ≤ y²"),
    ("|x| < 3", "|x| < 3"),
]
SYMBOLS = [
    (r"\alpha\beta", "αβ"),
    (r"\Gamma \Omega", "Γ Ω"),
    (r"\epsilon\varepsilon\phi\varphi\vartheta\varsigma", "ϵεϕφϑς"),
    (r"a \leq b \geq c \neq d", "a ≤ b ≥ c ≠ d"),
    (r"a\leq b", "a≤b"),
    (r"a\times b", "a×b"),
    (r"a \cdot b \pm c", "a · b ± c"),
    (r"\pm 1", "±1"),
    (r"x \in A \cup B \cap C", "x ∈ A ∪ B ∩ C"),
    (r"x \notin A \subset B \subseteq C", "x ∉ A ⊂ B ⊆ C"),
    (r"a \to b \rightarrow c \Rightarrow d \iff e \mapsto f", "a → b → c ⇒ d ⟺ e ↦ f"),
    (r"\forall x\,\exists y", "∀x ∃y"),
    (r"\neg p \land q \lor r", "¬p ∧ q ∨ r"),
    (r"1, 2, \ldots, n", "1, 2, …, n"),
    (r"a + \cdots + z", "a + ⋯ + z"),
    (r"f \circ g", "f ∘ g"),
    (r"y \propto x \sim z \approx w \equiv v", "y ∝ x ∼ z ≈ w ≡ v"),
    (r"m \ll M \gg n", "m ≪ M ≫ n"),
    (r"a \perp b \parallel c", "a ⊥ b ∥ c"),
    (r"\angle ABC = 90\degree", "∠ ABC = 90°"),
    (r"\nabla f = \partial g", "∇f = ∂g"),
    (r"50\% \$ \& \# a\_b", "50% $ & # a_b"),
    (r"\{1, 2\}", "{1, 2}"),
    (r"\lfloor x \rfloor + \langle y \rangle + \|z\|", "⌊ x ⌋ + ⟨ y ⟩ + ‖z‖"),
    (r"P(A \mid B)", "P(A | B)"),
]
SPACES = [
    (r"a\,b", "a b"),
    (r"a\;b\:c\ d~e", "a b c d e"),
    (r"a\!b", "ab"),
    (r"a \quad b", "a  b"),
    (r"a,\qquad b", "a,  b"),
    (r"\int f(x)\,dx", "∫ f(x) dx"),
    (r"\displaystyle x", "x"),
]
FUNCTIONS = [
    (r"\sin x", "sin x"),
    (r"\sin(x)", "sin(x)"),
    (r"\cos\theta", "cos θ"),
    (r"r\cos\theta", "r cos θ"),
    (r"\sin^2 x + \cos^2 x = 1", "sin² x + cos² x = 1"),
    (r"O(n\log n)", "O(n log n)"),
    (r"\log_2 n", "log₂ n"),
    (r"\log_{10}(x)", "log₁₀(x)"),
    (r"\lim_{x \to 0} f(x)", "lim_(x → 0) f(x)"),
    (r"\arg\max_i a_i", "arg maxᵢ aᵢ"),
    (r"\operatorname{rank}A", "rank A"),
    (r"\operatorname*{argmax}_x f(x)", "argmaxₓ f(x)"),
    (r"a \bmod n", "a mod n"),
    (r"a \equiv b \pmod{n}", "a ≡ b (mod n)"),
    (r"\sin\frac{x}{2}", "sin(x/2)"),
]
BRACKETS = [
    (r"\left(a + b\right)", "(a + b)"),
    (r"\left\{ x \right\}", "{ x }"),
    (r"\left| x \right|^2", "| x |²"),
    (r"\left\langle x \right\rangle", "⟨ x ⟩"),
    (r"\bigl(x\bigr)", "(x)"),
    (r"\left\lfloor\frac{n}{2}\right\rfloor", "⌊n/2⌋"),
    (r"\left[0, 1\right)", "[0, 1)"),
]
LETTERS = [
    (r"\mathbb{R}^n", "ℝⁿ"),
    (r"\mathbb{E}[X]", "𝔼[X]"),
    (r"\mathbb N", "ℕ"),
    (r"\mathcal{L}", "ℒ"),
    (r"x \text{ if } x > 0", "x if x > 0"),
    (r"5\,\text{km/h}", "5 km/h"),
    (r"\text{well-known 50\%}", "well-known 50%"),
    (r"\int x\,\mathrm{d}x", "∫ x dx"),
    (r"\mathrm{H_2O}", "H₂O"),
    (r"\mathbf{F} = m\mathbf{a}", "F = ma"),
    (r"\boldsymbol{\theta}_i", "θᵢ"),
    (r"\hat{x} + \bar y + \vec{v} + \tilde{z} + \dot q + \overline{w}", "x̂ + y\u0304 + v⃗ + z̃ + q̇ + w̅"),
    (r"\hat{\theta}_n", "θ̂ₙ"),
]
SCRIPTS = [
    ("x^2", "x²"),
    ("x_{10}", "x₁₀"),
    ("e^{-x}", "e⁻ˣ"),
    ("a_i", "aᵢ"),
    ("10^{-3}", "10⁻³"),
    ("x_i^2", "xᵢ²"),
    ("x^{n + 1}", "xⁿ⁺¹"),
    ("x ^ 2", "x²"),
    ("x^23", "x²3"),
    ("A^T", "Aᵀ"),
    ("f^{(n)}(x)", "f⁽ⁿ⁾(x)"),
    (r"\sum_{i=1}^{n} i", "∑ᵢ₌₁ⁿ i"),
    (r"\sum\limits_{i=1}^n i", "∑ᵢ₌₁ⁿ i"),
    (r"\sum_{n=1}^\infty a_n", "∑ₙ₌₁^(∞) aₙ"),
    (r"\int_0^1 f", "∫₀¹ f"),
    ("x^q", "x^(q)"),
    ("a_{i,j}", "a_(i,j)"),
    ("e^{x^2}", "e^(x²)"),
    (r"e^{\frac{1}{2}}", "e^(1/2)"),
    (r"x_{\text{max}}", "xₘₐₓ"),
    (r"x_{\text{a b}}", "x_(a b)"),
    (r"x^{\sin x}", "x^(sin x)"),
    ("f'(x) + g''", "f′(x) + g′′"),
    (r"f^\prime", "f′"),
    (r"90^\circ + 20^{\circ}", "90° + 20°"),
    ("{}^{14}C", "¹⁴C"),
]
FRACTIONS = [
    (r"\frac{a}{b}", "a/b"),
    (r"\frac{a+b}{2}", "(a+b)/2"),
    (r"\dfrac12 + \tfrac{3}{4}", "1/2 + 3/4"),
    (r"\frac{1}{2}x", "(1/2)x"),
    (r"\frac{1}{2} x", "(1/2) x"),
    (r"x = -\frac{b}{2a}", "x = −b/(2a)"),
    (r"\frac{x^2}{y_1}", "x²/y₁"),
    (r"\frac{a}{b}^2", "(a/b)²"),
    (r"\frac{dy}{dx}", "dy/dx"),
    (r"\frac{\partial f}{\partial x}", "∂f/∂x"),
    (r"\frac{\frac{a}{b}}{c}", "(a/b)/c"),
    (r"a / \frac{b}{c}", "a / (b/c)"),
    (r"2\frac{a}{b}", "2(a/b)"),
    (r"m \frac{a}{b}", "m (a/b)"),
    (r"\frac{\text{distance}}{\text{time}}", "distance/time"),
    (r"\left(\frac{a}{b}\right)^2", "(a/b)²"),
    (r"\frac{-b \pm \sqrt{b^2 - 4ac}}{2a}", "(−b ± √(b² − 4ac))/(2a)"),
    (r"\sqrt{x}", "√x"),
    (r"\sqrt 2", "√2"),
    (r"\sqrt{x+1}", "√(x+1)"),
    (r"\sqrt{ab}", "√(ab)"),
    (r"\sqrt[3]{x} + \sqrt[4]{y}", "∛x + ∜y"),
    (r"2\sqrt{x}", "2√x"),
    (r"2\sqrt{x}y", "2(√x)y"),
    (r"\sqrt{x}^2", "(√x)²"),
    (r"\sqrt{\frac{a}{b}}", "√(a/b)"),
    (r"2^3\sqrt{5}", "2³(√5)"),
]
UNSURE = [
    "",
    " ",
    "{}",
    r"\,",
    r"\unknown x",
    "{x",
    "x}",
    r"\}x\{",
    r"\{x",
    r"\frac{a}",
    r"\frac{}{b}",
    "x^",
    "x^{}",
    "^_",
    "x^2^3",
    "x_i_j",
    "{x_i}_j",
    "x^2'",
    "x^(2)",
    r"\sqrt[n]{x}",
    r"\sqrt[3{x}",
    r"3\frac{1}{2}",
    r"f\frac{a}{b}",
    r"2^{3\frac12}",
    r"\binom{n}{k}",
    r"\begin{pmatrix} a & b \end{pmatrix}",
    r"a & b",
    r"a \\ b",
    "50% x",
    "a # b",
    "a $ b",
    r"\left. x \right|",
    r"\left( x \right.",
    r"\left( x",
    r"x \right)",
    r"\left x \right)",
    r"\text{a $x$}",
    r"\text{a",
    r"\text x",
    r"\text{a\alpha}",
    r"a\text{if}b",
    r"v = |\mathbf{v}|",
    r"\mathbf{x+y}",
    r"\mathrm{H_2}_3",
    r"\mathbb{r}",
    r"\mathbb{RR}",
    r"\mathcal{O}(n)",
    r"\vec{AB}",
    r"\hat{}",
    r"\operatorname{a b}",
    r"\underbrace{x}_{y}",
    r"\backslash",
    r"a\_(b)",
    "\\",
    "x\\ \\",
    "{" * 100 + "x" + "}" * 100,
    r"\sqrt" * 50 + "x",
    "x^{" * 70 + "2" + "}" * 70,
    "\u0302x",
    "x^\u0302",
    r"\sum" + "\u0338",
    "x" * 301,
]
SHOWN = [*PLAIN, *SYMBOLS, *SPACES, *FUNCTIONS, *BRACKETS, *LETTERS, *SCRIPTS, *FRACTIONS]
FRAGMENTS = [
    *(tex for tex, _ in SHOWN),
    *(tex for tex in UNSURE if len(tex) < 12),
    *r"^ _ { } ' \{ \} \left( \right) \frac \sqrt \text{ \mathrm{ \bar - |".split(),  # noqa: SIM905
]
FORMULAS = st.text() | st.text("\\{}^_'ab12 -()[]&%~", max_size=40) | st.lists(st.sampled_from(FRAGMENTS)).map("".join)


def test_a_certain_formula_is_shown_in_unicode() -> None:
    """The Unicode text is the formula, with parentheses where TeX shows extent by size."""
    assert [(tex, tex_to_unicode(tex)) for tex, _ in SHOWN] == SHOWN


def test_uncertain_formulas_are_not_converted() -> None:
    """Unknown, incomplete or ambiguous TeX is not converted."""
    assert {tex: tex_to_unicode(tex) for tex in UNSURE} == dict.fromkeys(UNSURE)


def test_the_length_is_bounded() -> None:
    """The limit is 300 characters of source."""
    assert tex_to_unicode("x" * 300) == "x" * 300


@pytest.mark.parametrize("tex", ["\u202ex", "x^{\u202eq}", "\u200bx", "\ud800"])
def test_odd_characters_neither_fail_nor_multiply(tex: str) -> None:
    """Characters that are not mathematics pass, each once; the caller applies `visible`."""
    odd = [char for char in tex if unicodedata.category(char)[0] == "C"]
    assert [char for char in tex_to_unicode(tex) or "" if unicodedata.category(char)[0] == "C"] == odd


@settings(max_examples=300)
@given(FORMULAS)
def test_the_result_is_whole_and_clean(tex: str) -> None:
    """Any text gives None, or a text of bounded length without TeX, with balanced braces and no new odd characters."""
    shown = tex_to_unicode(tex)
    if shown is None:
        return
    assert "\\" not in shown
    assert shown == shown.strip() != ""
    assert len(shown) <= 3 * len(tex)
    depth = 0
    for char in shown:
        depth += (char == "{") - (char == "}")
        assert depth >= 0
    assert depth == 0
    assert {char for char in shown if unicodedata.category(char)[0] in "CZ"} <= {*tex, " "}


@settings(max_examples=100)
@given(st.lists(st.sampled_from([tex for tex, _ in SHOWN]), min_size=1, max_size=4))
def test_results_convert_to_themselves(parts: list[str]) -> None:
    """A result without TeX converts to itself: nothing is converted twice."""
    shown = tex_to_unicode(", ".join(parts))
    if shown is not None and not set(shown) & set("^_{}'%$#&"):
        assert tex_to_unicode(shown) in {shown, None if len(shown) > 300 else " ".join(shown.split())}
