"""The language that a fence names, in every way in which fences are written.

Besides a name there may be attributes (`{.python .numberLines}`, `{r, echo=FALSE}`), a file (`src/app.py`,
`12:20:src/app.py`), a name with a file or line numbers after it (`js:app.js`, `ts{1,3}`, `rust,ignore`), a class
(`language-python`), a version (`python3.11`) or a title (`python title="x"`). Pure; Pygments' names are arguments.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

_MAX_INFO_CHARS = 200

PLAIN = frozenset(
    {"", "text", "plaintext", "plain", "txt", "none", "raw", "ascii", "log", "logs", "csv", "tsv", "stdout"}
)
"""Names of plain text."""

_NAMES = """
ansible=yaml armasm=gas assembly=nasm astro=html atom=xml avrasm=gas axaml=xml bas=vbnet bash-session=console
bashrc=bash bigquery=sql bind=zone blade=html+php bun=typescript bzl=python cassandra=sql cc=cpp cjs=javascript
cljc=clojure cmd-session=doscon cmd=bat compose=yaml conf=ini config=ini containerfile=docker cql=sql cs=csharp
cshtml=html cson=coffeescript csproj=xml cts=typescript curl=bash deno=typescript dns=zone docker-compose=yaml
dockercompose=yaml dos=bat dotenv=bash dotnet=csharp ecmascript=javascript editorconfig=ini edn=clojure ejs=html
env=bash es=javascript ex=elixir feature=gherkin flow=javascript fortran77=fortranfixed fs=fsharp gdshader=glsl
gemspec=ruby gettext=po gitconfig=ini godot=gdscript gql=graphql gradle=groovy graphql-schema=graphql gyp=python
h++=cpp h=c hack=php hbs=handlebars hh=cpp hiveql=sql hjson=json hpp=cpp hs=haskell htm=html http-request=http
https=http inc=php ino=arduino ipy=python ipython=python java-script=javascript javascriptreact=jsx
jinja-html=html+jinja jinja2=jinja jl=julia json-schema=json jsonc=json jsonl=json jsonschema=json jupyter=python
jxa=javascript katex=latex kdb=q kt=kotlin kts=kotlin ls=livescript m=matlab mak=make mariadb=mysql masm=nasm
math=latex mdx=markdown metal=cpp mjs=javascript mk=make ml=ocaml mm=objective-c++ msbuild=xml mssql=tsql
mts=typescript mustache=handlebars ndjson=json njk=jinja node=javascript nodejs=javascript npmrc=ini nu=bash
nunjucks=jinja nushell=bash openapi=yaml opencl=c oracle=sql osascript=applescript patch=diff pgsql=postgresql
php-template=html+php plist=xml plsql=sql pm=perl podspec=ruby postcss=css pot=po pp=puppet pro=prolog processing=java
proto=protobuf ps=powershell pwsh=powershell py=python python-repl=pycon qmd=markdown qss=css rake=ruby razor=html
reactjs=jsx reg=registry rescript=reasonml rlang=r rmd=markdown roff=groff ron=rust rscript=r rss=xml s=gas
scad=openscad service=systemd sh-session=console shaderlab=hlsl shellsession=console snowflake=sql sol=solidity
sqlite3=sql sqlite=sql svelte=html svg=xml swagger=yaml t=perl terminal=bash tfvars=terraform tk=tcl traceback=pytb
troff=groff typescriptreact=tsx unit=systemd unityshader=hlsl vb=vbnet vba=vbnet vbproj=xml vbs=vbscript viml=vim
vimscript=vim wasm=wast webassembly=wast wget=bash wsdl=xml x86asm=nasm xaml=xml xhtml+php=html+php xhtml=html xsd=xml
xsl=xml yml=yaml zone=zone
"""
_ALIASES = dict(pair.rsplit("=", 1) for pair in _NAMES.split())
"""Names in fences, and endings of files, that Pygments does not know or knows for several languages."""

_FILES = {
    ".babelrc": "json",
    ".bash_profile": "bash",
    ".env": "bash",
    ".eslintrc": "json",
    ".gitconfig": "ini",
    ".npmrc": "ini",
    ".prettierrc": "json",
    ".profile": "bash",
    ".zprofile": "bash",
    "brewfile": "ruby",
    "cargo.lock": "toml",
    "containerfile": "docker",
    "go.mod": "go",
    "jenkinsfile": "groovy",
    "justfile": "make",
    "podfile": "ruby",
}
"""Files whose names tell their languages, besides those that Pygments knows."""

_DRIVE = re.compile(r"[a-z]:[\\/]")
_PREFIX = re.compile(r"(?:language|lang|class|brush|syntax|lexer|code|src|highlight(?:-source)?)[-:=] *['\"]?(?=\w)")
_CLASS = re.compile(r"(?:language|lang)[-=]")
_TITLE = re.compile(r"(?:title|file|filename|name|path)=[\"']?([^\"'\s}]+)")
_VERSION = re.compile(r"[-_@ ]?v?\d+(?:\.\d+)*\Z")
_LINES = re.compile(r"(?:[:#]l?\d+(?:-l?\d+)?)+\Z")


def find_language(info: str, names: frozenset[str], files: Mapping[str, str]) -> str:
    """Return the language of a fence's info string, one of `names`; nothing for plain text.

    `names` are those that Pygments has, `files` the languages by names and endings (`*.py`) of files; in lower case.
    """
    words = list(_candidates(info[:_MAX_INFO_CHARS].lower().strip()))
    for word in words:
        for name in (word, _ALIASES.get(word, "")):
            if name in names:
                return _ALIASES.get(name, name)
            if word in PLAIN:
                return ""
    for word in words:
        language = _language_of_file(word, names, files)
        if language is not None:
            return language
    for word in words:
        name = _VERSION.sub("", word)
        name = _ALIASES.get(name, name)
        if name in names and name != word:
            return name
    return ""


def fence_label(info: str) -> str:
    """Return what names a block of code to a reader: the first word as written, of attributes the language."""
    if info.startswith("{"):
        return next(_candidates(info[:_MAX_INFO_CHARS].strip()), "")
    return (info.split(maxsplit=1) or [""])[0]


def _candidates(info: str) -> Iterator[str]:
    """Yield what may be the name, or a file, the most likely first."""
    if info.startswith("{"):
        inside, _, info = info.lstrip("{").partition("}")
        words = re.findall(r"[^\s,]+", inside)
        yield from (_without_prefix(word[1:]) for word in words if word[0] in ".=" and len(word) > 1)
        yield from (_without_prefix(word) for word in words[:1] if word[0] not in "#.=")
        info = info.lstrip("} ")
    if not info:
        return
    words = info.split()
    if len(words) > 1:
        yield "-".join(words[:2])
    word = _without_prefix(words[0])
    yield word
    if word.startswith("diff-"):
        yield "diff"
    if _DRIVE.match(word):
        return
    yield from (part for part in re.split(r"[:,;={}\[\]()|!\"']+", word) if part and not part.isdigit())
    yield from (match[1] for match in _TITLE.finditer(info))


def _without_prefix(word: str) -> str:
    return _CLASS.sub("", _PREFIX.sub("", word, count=1), count=1).strip("\"'")


def _language_of_file(path: str, names: frozenset[str], files: Mapping[str, str]) -> str | None:
    """Return the language of a file, nothing if it is plain text, None if it is unknown or no file."""
    name = re.split(r"[/\\]", _LINES.sub("", path))[-1]
    if found := _FILES.get(name) or files.get(name):
        return found
    endings = name.split(".")[1:] or ([name] if len(name) > 1 else [])
    for at in range(len(endings)):
        ending = ".".join(endings[at:])
        language = _ALIASES.get(ending, ending)
        if language in names:
            return language
        if language in PLAIN and ending:
            return ""
        if found := files.get(f"*.{ending}"):
            return found
    return None
