r"""TeX mathematics in Unicode, where the meaning is certain.

Meaning that TeX shows by height or slope is written out: a fraction or root gets parentheses where a neighbour would
make its extent unclear (`\frac{1}{2}x` -> `(1/2)x`), and a function's name is separated from an adjacent letter or
digit (`r\cos\theta` -> `r cos θ`). A formula that remains ambiguous is not converted.
"""
# ruff: noqa: RUF001 - the look-alikes are the point

from __future__ import annotations

import re
import unicodedata

_MAX_CHARS, _MAX_DEPTH = 300, 24
_TABLE = r"""
operator leq ≤ le ≤ geq ≥ ge ≥ neq ≠ ne ≠ approx ≈ equiv ≡ cong ≅ sim ∼ simeq ≃ propto ∝ ll ≪ gg ≫ lt < gt > in ∈
operator notin ∉ ni ∋ subset ⊂ subseteq ⊆ subsetneq ⊊ supset ⊃ supseteq ⊇ perp ⊥ parallel ∥ to → mapsto ↦
operator rightarrow → leftarrow ← gets ← leftrightarrow ↔ Rightarrow ⇒ Leftarrow ⇐ Leftrightarrow ⇔ implies ⟹ iff ⟺
operator longrightarrow ⟶ rightleftharpoons ⇌ therefore ∴ mid | colon : pm ± mp ∓ times × lor ∨ vee ∨
operator cdot · div ÷ ast ∗ star ⋆ circ ∘ bullet • cup ∪ cap ∩ setminus ∖ oplus ⊕ otimes ⊗ odot ⊙ land ∧ wedge ∧
prefix partial ∂ nabla ∇ forall ∀ exists ∃ nexists ∄ neg ¬ lnot ¬ Delta Δ
atom { { } } lbrace { rbrace } langle ⟨ rangle ⟩ lfloor ⌊ rfloor ⌋ lceil ⌈ rceil ⌉ vert | lvert | rvert | | ‖ Vert ‖
atom lVert ‖ rVert ‖ % % $ $ & & # # _ _ infty ∞ sum ∑ prod ∏ int ∫ iint ∬ iiint ∭ oint ∮ bigcup ⋃ bigcap ⋂ ldots …
atom dots … cdots ⋯ angle ∠ degree ° emptyset ∅ varnothing ∅ ell ℓ hbar ℏ Re ℜ Im ℑ aleph ℵ prime ′ top ⊤ bot ⊥
atom dagger † imath ı jmath ȷ alpha α beta β gamma γ delta δ epsilon ϵ varepsilon ε zeta ζ eta η theta θ vartheta ϑ
atom iota ι kappa κ lambda λ mu μ nu ν xi ξ omicron ο pi π varpi ϖ rho ρ varrho ϱ sigma σ varsigma ς tau τ upsilon υ
atom phi ϕ varphi φ chi χ psi ψ omega ω Gamma Γ Theta Θ Lambda Λ Xi Ξ Pi Π Sigma Σ Upsilon Υ Phi Φ Psi Ψ Omega Ω
function sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh coth log ln lg exp lim max min sup inf det dim ker
function deg gcd hom arg Pr
"""
_SYMBOLS = {
    name: (char, kind)
    for kind, *words in map(str.split, _TABLE.strip().split("\n"))
    for name, char in (zip(words, words) if kind == "function" else zip(words[::2], words[1::2]))  # noqa: B905
}
_SYMBOLS |= {"bmod": ("mod", "function")} | dict.fromkeys(["quad", "qquad"], ("  ", "gap"))
_SYMBOLS |= dict.fromkeys(",;:> ", (" ", "gap")) | dict.fromkeys(["!", "displaystyle", "limits"], ("", "gap"))
_STYLES = ("mathrm", "mathbf", "boldsymbol", "bm")
_BRACKETS = "()[]{}⟨⟩⌊⌋⌈⌉|‖/"
_MARKS = dict(zip("hat widehat tilde widetilde bar overline dot ddot vec".split(), "̂̂̃̃̄̅̇̈⃗", strict=True))  # noqa: SIM905
_ALPHABETS = {  # terminal fonts have the double-struck capitals; of the script ones only those below U+FFFF
    "mathbb": dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "𝔸𝔹ℂ𝔻𝔼𝔽𝔾ℍ𝕀𝕁𝕂𝕃𝕄ℕ𝕆ℙℚℝ𝕊𝕋𝕌𝕍𝕎𝕏𝕐ℤ", strict=True)),
    "mathcal": dict(zip("BEFHILMR", "ℬℰℱℋℐℒℳℛ", strict=True)),
}
_SCRIPTS = {
    "^": str.maketrans(
        "0123456789+−=()abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVWβγδθφχ",
        "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂᵝᵞᵟᶿᵠᵡ",
    ),
    "_": str.maketrans("0123456789+−=()aehijklmnoprstuvxβγρφχ", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ"),
}
_OTHER_COMMANDS = (
    "frac dfrac tfrac sqrt pmod left right big Big bigl bigr Bigl Bigr bigg Bigg biggl biggr Biggl Biggr "
    "operatorname operatorname* text textrm textbf"
)
COMMANDS = frozenset([*filter(str.isalpha, _SYMBOLS), *_STYLES, *_MARKS, *_ALPHABETS, *_OTHER_COMMANDS.split()])
"""The names of the commands that are read here."""
FUNCTION_NAMES = frozenset(name for name, (_, kind) in _SYMBOLS.items() if kind == "function")
"""Those of functions, which are shown in letters: `sin`."""
_TOKEN = re.compile("\\\\(?:operatorname\\*|[A-Za-z]+|.)|.[\u0300-\u036f\u20d0-\u20ff\ufe00-\ufe0f]*|$", re.DOTALL)
_TEXT = re.compile(r" ?\{((?![\u0300-\u036f\u20d0-\u20ff\ufe00-\ufe0f])(?:[^\\{}$%#&~^_]|\\[%$&#_{} ])+)\}")
_NAME = re.compile(r" ?\{([A-Za-z]+)\}")
_ARGUMENT = re.compile(f" ?({_TOKEN.pattern})", re.DOTALL)
_INDEX = re.compile(r" ?\[ ?([234]) ?\]|(?! ?\[)")
_SINGLE = re.compile("[0-9]+(?:\\.[0-9]+)?|[^\\W\\d_][\u0300-\u036f\u20d7]?")
_WORD = re.compile("(?:[0-9]+(?:\\.[0-9]+)?|[∂∇]?[^\\W\\d_²³¹\u2070-\u209c]+)[\u0300-\u036f\u20d7′²³¹\u2070-\u209c]*")
_SEPARATE = {char for char, kind in _SYMBOLS.values() if kind == "operator"} - set("×·÷∗⋆∘•∪∩∖⊕⊗⊙|:") | set(",;+−=<>")


def tex_to_unicode(tex: str) -> str | None:
    """Return the formula in Unicode, or None where that is uncertain: the formula is then shown as written.

    A superscript or subscript with a character that has no Unicode form is written `^(…)` or `_(…)`, always with the
    parentheses: the linear notation of Unicode Technical Note 28. Nothing else here yields it.
    """
    if len(tex) > _MAX_CHARS:
        return None
    reader = _Reader(re.sub(r"\s+", " ", tex))
    try:
        text = _checked(_join(reader.row("")).strip(), "{}")
    except _UncertainError:
        return None
    return None if reader.plain & reader.styled else text


class _UncertainError(Exception):
    """Something in the formula is unknown, or ambiguous in plain text."""


class _Piece:
    def __init__(self, text: str, kind: str = "atom", scripts: str = "") -> None:
        self.text, self.kind, self.scripts = text, kind, scripts


class _Reader:
    """Reads TeX into pieces; `styled` are letters whose style (bold, upright) gets lost, `plain` the others."""

    def __init__(self, tex: str) -> None:
        self.plain, self.styled = set[str](), set[str]()
        self._tex, self._at, self._depth = tex, 0, 0

    def row(self, end: str) -> list[_Piece]:
        """Read up to the token `end`; an empty one is the end of the input."""
        pieces: list[_Piece] = []
        while (part := self._read_token(_TOKEN)) != end:
            self._item(part, pieces)
        return pieces

    def _read_token(self, pattern: re.Pattern[str]) -> str:
        if not (match := pattern.match(self._tex, self._at)):
            raise _UncertainError
        self._at = match.end()
        return match[match.lastindex or 0]

    def _item(self, part: str, pieces: list[_Piece]) -> None:
        self._depth += 1
        if self._depth > _MAX_DEPTH or not part:
            raise _UncertainError
        if part in {" ", "~"}:
            pieces.append(_Piece(" ", "space" if part == " " else "gap"))
        elif part == "{":
            pieces += self.row("}")
        elif part in {"^", "_", "'"}:
            self._script(part, pieces)
        elif part[0] == "\\":
            pieces += self._command(part[1:], pieces)
        elif part[0] in "}^_'~ {&%$#" or unicodedata.category(part[0])[0] == "M":
            raise _UncertainError
        else:
            self.plain.update(filter(str.isalnum, part))
            pieces.append(_Piece("−" if part == "-" else part))
        self._depth -= 1

    def _argument(self, allowed: str = "") -> list[_Piece]:
        pieces: list[_Piece] = []
        if (part := self._read_token(_ARGUMENT)) in {"^", "_", "'", "~"}:
            raise _UncertainError
        self._item(part, pieces)
        self._at -= self._tex[self._at - 1] == " "  # a space that ended a name belongs to the row
        if allowed and not (len(pieces) == 1 and pieces[0].text in set(allowed)):
            raise _UncertainError
        return pieces

    def _script(self, mark: str, pieces: list[_Piece]) -> None:
        while pieces and pieces[-1].kind == "space":
            pieces.pop()
        base = pieces.pop() if pieces and pieces[-1].kind != "gap" else _Piece("")
        if mark.replace("'", "^") in base.scripts:
            raise _UncertainError
        script = "′" if mark == "'" else _script_text(mark, self._argument())
        text, kind = (f"({base.text})", "wrapped") if base.kind in {"fraction", "root"} else (base.text, base.kind)
        pieces.append(_Piece(text + script, kind, base.scripts + mark))

    def _command(self, name: str, before: list[_Piece]) -> list[_Piece]:
        if name in _SYMBOLS:
            text, kind = _SYMBOLS[name]
            if kind == "prefix" or (kind == "operator" and not (before and before[-1].kind in {"space", "gap"})):
                self._at += self._tex.startswith(" ", self._at)  # the space only ends the name
            self.plain.update(text if text.isalpha() and kind != "function" else "")
            return [_Piece(text, kind)]
        if name in {"frac", "dfrac", "tfrac"}:
            parts = [_join(self._argument()) for _ in range(2)]
            return [_Piece("/".join(p if _WORD.fullmatch(p) else f"({_checked(p)})" for p in parts), "fraction")]
        if name == "sqrt":
            root, inside = "√√∛∜"[int(self._read_token(_INDEX) or 1) - 1], _join(self._argument())
            return [_Piece(root + (inside if _SINGLE.fullmatch(inside) else f"({_checked(inside)})"), "root")]
        if re.fullmatch("left|[bB]igg?[lrm]?", name):
            opening = self._argument(_BRACKETS)
            return opening if name != "left" else [*opening, *self.row("\\right"), *self._argument(_BRACKETS)]
        if name == "pmod":
            return [_Piece(" ", "gap"), _Piece(f"(mod {_checked(_join(self._argument()))})")]
        if name.startswith("operatorname"):
            return [_Piece(self._read_token(_NAME), "function")]
        plain, text, scripts = set(self.plain), "", ""
        if name in {"text", "textrm", "textbf"}:
            text = re.sub(r"\\(.)", r"\1", self._read_token(_TEXT))
        elif name in {*_STYLES, *_MARKS, *_ALPHABETS}:
            text, scripts = _join(content := self._argument()), "".join(piece.scripts for piece in content)
        if name in _MARKS and len(text) == 1 and text.isalpha():
            return [_Piece(text + _MARKS[name])]
        self.plain = plain
        if text in _ALPHABETS.get(name, ()):
            return [_Piece(_ALPHABETS[name][text])]
        if not (text.replace(" ", "").isalnum() if name in _STYLES else text and name.startswith("text")):
            raise _UncertainError
        self.styled.update(text if name in _STYLES[1:] or len(text) == 1 else "")
        return [_Piece(text, "word" if len(text) > 1 else "atom", scripts)]


def _checked(text: str, brackets: str = "(){}") -> str:
    """Return the text if it is not empty and its brackets are balanced."""
    rest = "".join(char for char in text if char in brackets)
    while (inner := rest.replace("()", "").replace("{}", "")) != rest:
        rest = inner
    if rest or not text:
        raise _UncertainError
    return text


def _script_text(mark: str, content: list[_Piece]) -> str:
    tight = _join([piece for piece in content if piece.kind != "space"])
    fallback = f"{mark}({_checked(_join(content))})"
    if mark == "^" and (tight == "∘" or not tight.strip("′")):
        return tight.replace("∘", "°")
    return tight.translate(_SCRIPTS[mark]) if all(ord(char) in _SCRIPTS[mark] for char in tight) else fallback


def _join(row: list[_Piece]) -> str:
    """Return the text of a row, with spaces and parentheses where its pieces would run together."""
    text, blank, last = "", "", _Piece("(")
    for at, piece in enumerate(row):
        if piece.kind in {"space", "gap"}:
            blank = max(blank, piece.text, key=len)
            continue
        shown, is_wrapped, end, kinds = piece.text, piece.kind == "wrapped", last.text[-1], {last.kind, piece.kind}
        if piece.kind in {"fraction", "root"}:
            after = next((other.text[0] for other in row[at + 1 :] if other.kind not in {"space", "gap"}), ")")
            is_clear = end in _SEPARATE | set("([{⟨⌊⌈") or (piece.kind == "root" and "^" not in last.scripts)
            is_wrapped = not is_clear or after not in _SEPARATE | set(")]}⟩⌋⌉")
            shown = f"({shown})" if is_wrapped else shown
        ends_in_letter = end.isalnum() or unicodedata.category(end)[0] == "M"
        blank = blank or (" " if "function" in kinds and ends_in_letter and shown[0].isalnum() else "")
        # 3½, written 3(1/2), would look like a product.
        is_mixed_number = is_wrapped and end.isdecimal() and re.match(r"\(\d+/\d", shown)
        is_merged = "word" in kinds and ends_in_letter and shown[0].isalpha() and not end.isdecimal()
        looks_applied = is_wrapped and last.kind in {"atom", "word"} and any(map(str.isalpha, last.text))
        is_touching = not blank and end != " "
        if is_mixed_number or (is_touching and (is_merged or looks_applied or end + shown[0] == "_(")):
            raise _UncertainError
        blank = "" if not text or (len(blank) == 1 and " " in {end, shown[0]}) else blank
        text, blank, last = text + blank + shown, "", piece
    return text
