r"""TeX as a person writes it in an answer -> HTML that reads like it, with no script and no font.

MathJax would come from a server elsewhere, 1 MB of it; pictures by matplotlib know a part of TeX
only and take 20 ms each. Answers here hold `$h_t = z_t \odot h_{t-1}$`: letters, indices, a dozen
signs. Those are set; what is not known stays there as it was typed.
"""

from __future__ import annotations

import re
from html import escape

GREEK = (
    "alpha α beta β gamma γ delta δ epsilon ε varepsilon ε zeta ζ eta η theta θ iota ι kappa κ "
    "lambda λ mu μ nu ν xi ξ pi π rho ρ sigma σ tau τ upsilon υ phi φ varphi φ chi χ psi ψ omega ω "
    "Gamma Γ Delta Δ Theta Θ Lambda Λ Xi Ξ Pi Π Sigma Σ Phi Φ Psi Ψ Omega Ω"
)
BETWEEN = (  # two things
    "odot ⊙ circ ∘ cdot · times × pm ± le ≤ leq ≤ ge ≥ geq ≥ ne ≠ neq ≠ approx ≈ equiv ≡ sim ∼ "
    "ll ≪ gg ≫ in ∈ notin ∉ subset ⊂ cup ∪ cap ∩ to → rightarrow → Rightarrow ⇒ leftarrow ← "
    "mapsto ↦"
)
SIGNS = (
    "infty ∞ partial ∂ nabla ∇ sum ∑ prod ∏ int ∫ sqrt √ top ⊤ forall ∀ exists ∃ ldots … cdots ⋯ "
    "dots … lVert ‖ rVert ‖ Vert ‖ | ‖ lvert | rvert | langle ⟨ rangle ⟩ prime ′ ell ℓ star ⋆"
)
WORDS = "tanh exp log ln sin cos max min argmax lim diag det"
NOTHING = r"left right big Big bigl bigr Bigl Bigr displaystyle , ; ! \ "
ACCENTS = {"tilde": "\u0303", "hat": "\u0302", "bar": "\u0304", "dot": "\u0307", "vec": "\u20d7"}
KNOWN = dict(zip(*[iter(f"{GREEK} {SIGNS}".split())] * 2, strict=True))
KNOWN |= {k: f" {v} " for k, v in zip(*[iter(BETWEEN.split())] * 2, strict=True)}
KNOWN |= {w: f" {w} " for w in WORDS.split()}
KNOWN |= dict.fromkeys(NOTHING.split(" "), " ") | {"quad": "  ", "qquad": "   "}
KNOWN |= {c: c for c in "{}%$#_"} | {"&": "&amp;"}
INSIDE = r"[^{}]"
for _ in range(3):  # how deep braces may stand in braces; nothing is tried twice
    INSIDE = rf"(?:[^{{}}]|\{{{INSIDE}*+\}})"
LETTERS = re.compile(r"([^\W\d_]+)")
TOKEN = re.compile(
    r"\\(?P<up>text|mathrm|operatorname|mathbf|mathbb)\s*\{(?P<word>[^{}\\]*)\}"
    r"|\\(?P<accent>tilde|hat|bar|dot|vec)\s*(?:\{(?P<under>\w)\}|(?P<letter>\w))"
    rf"|\\[dt]?frac\s*\{{(?P<above>{INSIDE}*+)\}}\s*\{{(?P<below>{INSIDE}*+)\}}"
    rf"|\\sqrt\s*\{{(?P<root>{INSIDE}*+)\}}"
    r"|\\(?P<name>[A-Za-z]+|.)\s*"
    rf"|(?P<place>[_^])\s*(?:\{{(?P<group>{INSIDE}*+)\}}|(?P<one>\\[A-Za-z]+|[^\s\\{{}}]))"
    r"|(?P<other>[^\\_^]+|[\\_^])",
    re.DOTALL,
)


def formula(tex: str, display: bool = False) -> str:
    """Return a formula as HTML; everything in it is escaped."""
    kind = "tex block" if display else "tex"
    return f'<span class="{kind}">{_set(tex.strip())}</span>'


def _set(tex: str) -> str:
    return "".join(_token(m) for m in TOKEN.finditer(tex))


def _token(m: re.Match[str]) -> str:
    if m["up"]:
        return escape(m["word"])
    if m["accent"]:
        return f"<i>{m['under'] or m['letter']}{ACCENTS[m['accent']]}</i>"
    if m["above"] is not None:
        return f"{_part(m['above'])} / {_part(m['below'])}"
    if m["root"] is not None:
        return f"√{_part(m['root'])}"
    if m["name"]:
        return KNOWN.get(m["name"], escape(m[0]))
    if m["place"]:
        tag = "sub" if m["place"] == "_" else "sup"
        inside = m["group"] if m["group"] is not None else m["one"]
        return f"<{tag}>{_set(inside)}</{tag}>"
    return "".join(
        f"<i>{escape(piece)}</i>" if piece.isalpha() else escape(piece)
        for piece in LETTERS.split(m["other"].replace("-", "−"))
    )


def _part(tex: str) -> str:
    return _set(tex) if len(tex) < 4 else f"({_set(tex)})"
