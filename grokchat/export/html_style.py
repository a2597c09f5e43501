"""The style sheet of the HTML page: type, space and a few quiet colours, for any width, light and dark, and on paper.

Nothing is shown by colour alone: roles have names, and a muted message has a word and a broken line. Only fonts of the
reader's system are used; text is at most 70 characters wide; code and tables scroll inside themselves. Every text
colour has a contrast of at least 4.5 to 1 on every background that it has, which a test computes.
"""

from __future__ import annotations

from collections.abc import Mapping

LIGHT: Mapping[str, str] = {
    "page": "#fdfdfb",
    "tint": "#f4f3ee",
    "line": "#d9d7cf",
    "text": "#1f1f1d",
    "dim": "#63615b",
    "link": "#1c50b8",
    "warn": "#8c3a00",
    "attribute": "#0f6280",
    "comment": "#686a66",
    "constant": "#964400",
    "deleted": "#a81f36",
    "function": "#1f55c4",
    "inserted": "#316808",
    "keyword": "#7430ae",
    "number": "#964400",
    "string": "#316808",
    "tag": "#1f55c4",
    "type": "#006180",
}
DARK: Mapping[str, str] = {
    "page": "#17181a",
    "tint": "#202225",
    "line": "#3a3c40",
    "text": "#e3e2de",
    "dim": "#a09f9a",
    "link": "#8cb4ff",
    "warn": "#f0a070",
    "attribute": "#7dcfff",
    "comment": "#989a9e",
    "constant": "#ff9e64",
    "deleted": "#f7849a",
    "function": "#86aaf9",
    "inserted": "#9ece6a",
    "keyword": "#c3a5f9",
    "number": "#ff9e64",
    "string": "#9ece6a",
    "tag": "#86aaf9",
    "type": "#4fc8e0",
}
GROUNDS = frozenset({"page", "tint"})
CODE = tuple(name for name in LIGHT if name not in {*GROUNDS, "line", "text", "dim", "link", "warn"})
"""The kinds of code that have a colour of their own."""


def stylesheet() -> str:
    """Return the page's style sheet."""
    code = "".join(f"code .{kind}{{color:var(--{kind})}}" for kind in CODE)
    dark = f"@media screen and (prefers-color-scheme:dark){{:root{{{_variables(DARK)}}}}}"
    return f":root{{color-scheme:light dark;{_variables(LIGHT)}}}\n{dark}\n{code}\n{_RULES.strip()}"


def _variables(palette: Mapping[str, str]) -> str:
    return "".join(f"--{name}:{color};" for name, color in palette.items())


_RULES = """
*{box-sizing:border-box}
html{font:100%/1.6 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;-webkit-text-size-adjust:100%;
text-size-adjust:100%;background:var(--page);color:var(--text)}
body{max-width:70ch;margin:0 auto;padding:clamp(1.5rem,6vw,4rem) clamp(1rem,4vw,2rem) 3rem;overflow-wrap:anywhere}
h1,h2,h3,h4,h5,h6{line-height:1.3;text-wrap:balance}
h1{margin:0;font-size:1.6rem;letter-spacing:-.01em}
a{color:var(--link);text-decoration-thickness:1px;text-underline-offset:.15em}
:focus-visible{outline:2px solid var(--link);outline-offset:2px}
.facts,.info,.address,footer,figcaption,summary{color:var(--dim);font-size:.875rem}
.facts{margin:.5rem 0 0}
.address,bdi,code,.math{unicode-bidi:isolate}
main{margin-top:clamp(1.5rem,5vw,3rem)}
article{margin:0 0 2.5rem}
article>header{display:flex;flex-wrap:wrap;align-items:baseline;gap:0 .6rem;margin-bottom:.4rem}
article h2{margin:0;font-size:.95rem}
.place{display:inline-block;min-width:1.4em;color:var(--dim);font-weight:400;text-decoration:none;
font-variant-numeric:tabular-nums}
.place:hover{text-decoration:underline}
.info{margin:0}
.mark{color:var(--warn);font-weight:600}
article:target>header h2{text-decoration:underline;text-underline-offset:.3em}
.body>:first-child{margin-top:0}
.body>:last-child{margin-bottom:0}
.plain{white-space:pre-wrap;tab-size:4;margin:0}
.plain,p,li,td,th,h1,h3,h4,h5,h6{unicode-bidi:plaintext}
.user>.body{padding:.8rem 1rem;border:1px solid var(--line);border-radius:.6rem;background:var(--tint)}
.system>.body,.developer>.body,.tool>.body,.function>.body,.other>.body{padding-left:1rem;
border-left:3px double var(--dim)}
.system .plain,.developer .plain{font-style:italic}
.tool .plain,.function .plain{font:.875rem/1.5 ui-monospace,"Cascadia Mono",Menlo,Consolas,monospace}
.muted>.body{padding:.8rem 1rem;border:1px dashed var(--dim);border-radius:.6rem;background:none}
.muted>.body,.muted h2{color:var(--dim)}
.body h3{margin:1.8em 0 .6em;font-size:1.3rem}
.body h4{margin:1.6em 0 .5em;font-size:1.12rem}
.body h5,.body h6{margin:1.4em 0 .4em;font-size:1rem}
p,ul,ol,blockquote{margin:.8em 0}
ul,ol{padding-left:1.6em}
li{margin:.3em 0}
li>p,li>ul,li>ol{margin:.3em 0}
li::marker{color:var(--dim)}
li.task{list-style:none}
.task .box{display:inline-block;width:1.45em;margin-left:-1.45em}
blockquote{margin-left:0;padding-left:1rem;border-left:2px solid var(--line);color:var(--dim)}
hr{margin:2em auto;width:30%;border:0;border-top:1px solid var(--line)}
code,pre{font-family:ui-monospace,"Cascadia Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.875em}
code{padding:.1em .3em;border-radius:.25em;background:var(--tint)}
pre{margin:0;padding:.8rem 1rem;overflow-x:auto;border-radius:.4rem;background:var(--tint);line-height:1.5;tab-size:4;
overflow-wrap:normal;direction:ltr;text-align:left}
pre code{padding:0;background:none;font-size:1em}
figure{margin:1.1em 0}
figcaption{margin-bottom:.2rem}
code .comment{font-style:italic}code .keyword,code .heading{font-weight:600}code .output,code .prompt{color:var(--dim)}
.wide{margin:1.1em 0;overflow-x:auto}
table{border-collapse:collapse;font-size:.9375em;overflow-wrap:normal;font-variant-numeric:tabular-nums}
th,td{padding:.4em 1.2em .4em 0;border-bottom:1px solid var(--line);text-align:start;vertical-align:top}
thead th{border-bottom:2px solid var(--dim)}
.right{text-align:right}.center{text-align:center}
.math{font-family:"STIX Two Math","Cambria Math",serif;font-size:1.05em;white-space:pre-wrap}
div.math{margin:1em 0;text-align:center}
img{display:block;max-width:100%;max-height:32rem;height:auto;margin:.6rem 0;border-radius:.4rem}
details{margin-bottom:.8rem}
summary{cursor:pointer}
.alternative{margin:.8rem 0 0;padding-left:1rem;border-left:2px solid var(--line)}
details>.plain{margin-top:.4rem;padding-left:1rem;border-left:2px solid var(--line);color:var(--dim);font-size:.9375rem}
sup{line-height:0}
sup a{text-decoration:none}
.sources{margin-top:1.1em;padding-top:.6em;border-top:1px solid var(--line);font-size:.875rem}
.sources ul{margin:.3em 0 0;padding:0;list-style:none}
.sources li{margin:.15em 0}
.sources li:target{background:var(--tint)}
.end{margin:.8em 0 0;color:var(--warn);font-size:.875rem;font-weight:600}
body>footer{margin-top:4rem;padding-top:.8rem;border-top:1px solid var(--line)}
@media print{body{max-width:none;padding:0;font-size:10.5pt}pre,.plain{white-space:pre-wrap;overflow-wrap:anywhere}
pre{border:1px solid var(--line)}h2,h3,h4,h5,h6,figcaption,header{break-after:avoid}tr,img{break-inside:avoid}
p{orphans:3;widows:3}a{color:inherit}}
"""
