"""The styles and scripts of the screens: packed once at start, and served under the hash of their content."""

import gzip
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

NODE_MODULES = Path(__file__).resolve().parents[3] / "node_modules"
OWN_LOOK = Path(__file__).with_name("look.css")
ICON = Path(__file__).with_name("icon.svg")
PANELS = Path(__file__).with_name("panels.js")
WORKLIST = Path(__file__).with_name("worklist.js")
KEPT_FORMS = Path(__file__).with_name("kept-forms.js")
KEEPING_FORM = Path(__file__).with_name("keeping-form.js")
TOKENS = "@nl-design-system-unstable/voorbeeld-design-tokens/dist/theme.css"
HTMX = "htmx.org/dist/htmx.min.js"
# Only what a screen uses: all components together weigh three times as much.
COMPONENTS = (
    *("root", "body", "document", "page-header", "page-body", "page-footer", "skip-link", "nav-bar", "nav-list"),
    *("heading-1", "heading-2", "heading-3", "paragraph", "link", "unordered-list", "ordered-list"),
    *("button", "button-group", "button-link", "alert", "status-badge", "data-list", "table"),
    *("form-field", "form-label", "form-field-description", "form-field-error-message", "form-fieldset"),
    *("textbox", "textarea", "select", "checkbox", "radio-button"),
)
CSS, JAVASCRIPT = "text/css; charset=utf-8", "text/javascript; charset=utf-8"
SVG = "image/svg+xml"
DIGEST_LENGTH = 16
YEAR_SECONDS = 31_536_000
THEME_BYTES_MAX = 512 * 1024
_CHARSET = re.compile(r"@charset\s+[\"'][^\"']*[\"'];")
_THEME_CLASS = re.compile(r"\.([a-z0-9][a-z0-9-]*-theme)\b")


class AssetsError(Exception):
    """The screens cannot be dressed; one line says what is missing and what to do."""


@dataclass(frozen=True)
class Asset:
    """One file as it is served: `packed` is the body in gzip, `digest` names its content."""

    name: str
    kind: str
    body: bytes
    packed: bytes
    digest: str

    @property
    def url(self) -> str:
        return f"/assets/{self.digest}/{self.name}"


@dataclass(frozen=True)
class Assets:
    """Every file that a screen may ask for, and the classes on which its themes hang."""

    files: tuple[Asset, ...]
    themes: tuple[str, ...]

    def url(self, name: str) -> str:
        """The address of one file. Raises KeyError for a name that is none of ours."""
        return {file.name: file.url for file in self.files}[name]

    @property
    def styles(self) -> list[str]:
        """The addresses of the style sheets, in the order in which they hold."""
        return [file.url for file in self.files if file.kind == CSS]

    def route(self) -> Route:
        """GET /assets/{digest}/{name}: kept by browsers for a year, since other content has another address."""
        known = {(file.digest, file.name): file for file in self.files}

        async def serve(request: Request) -> Response:
            # A look-up among what was read at start: no address leads to any other file.
            file = known.get((request.path_params["digest"], request.path_params["name"]))
            if file is None:
                raise HTTPException(404)
            headers = {
                "Cache-Control": f"public, max-age={YEAR_SECONDS}, immutable",
                "Content-Type": file.kind,
                "Vary": "Accept-Encoding",
            }
            if "gzip" in request.headers.get("accept-encoding", ""):
                return Response(file.packed, headers=headers | {"Content-Encoding": "gzip"})
            return Response(file.body, headers=headers)

        return Route("/assets/{digest}/{name}", serve)


def load_assets(theme_file: Path | None = None, *, packages: Path = NODE_MODULES) -> Assets:
    """Reads tokens, components, our own layout, htmx, and a municipality's theme. Raises AssetsError."""
    tokens = _read(packages / TOKENS)
    components = [_read(packages / f"@utrecht/{name}-css/dist/index.min.css") for name in COMPONENTS]
    look = "\n".join(_CHARSET.sub("", style) for style in (tokens, *components, OWN_LOOK.read_text()))
    files = [
        _asset("look.css", CSS, f'@charset "UTF-8";\n{look}'),
        _asset("htmx.js", JAVASCRIPT, _read(packages / HTMX)),
        _asset("panels.js", JAVASCRIPT, PANELS.read_text()),
        _asset("worklist.js", JAVASCRIPT, WORKLIST.read_text()),
        _asset("kept-forms.js", JAVASCRIPT, KEPT_FORMS.read_text()),
        _asset("keeping-form.js", JAVASCRIPT, KEEPING_FORM.read_text()),
        _asset("icon.svg", SVG, ICON.read_text()),
    ]
    themes = _themes_in(tokens)
    if theme_file is not None:
        theme = _read_theme(theme_file)
        files.append(_asset("theme.css", CSS, theme))
        themes = list(dict.fromkeys([*themes, *_themes_in(theme)]))
    return Assets(tuple(files), tuple(themes))


def _asset(name: str, kind: str, text: str) -> Asset:
    body = text.encode()
    # No time in the packed form: the same content is the same bytes on every machine.
    packed = gzip.compress(body, mtime=0)
    return Asset(name, kind, body, packed, hashlib.sha256(body).hexdigest()[:DIGEST_LENGTH])


def _themes_in(style: str) -> list[str]:
    """`.name-theme` in the order in which they stand: where the tokens of NL Design System themes hang."""
    return list(dict.fromkeys(_THEME_CLASS.findall(style)))


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError:
        raise AssetsError(f"{file} is missing: run ./kansen up, which brings the npm packages") from None


def _read_theme(file: Path) -> str:
    try:
        if file.stat().st_size > THEME_BYTES_MAX:
            raise AssetsError(f"theme_file: {file} is larger than {THEME_BYTES_MAX // 1024} kB")
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise AssetsError(f"theme_file: {file} cannot be read as CSS in UTF-8 ({type(error).__name__})") from None
