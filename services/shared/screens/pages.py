"""A page: a template, a language, and headers under which nothing runs or loads that is not ours."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_percent
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from services.shared.calendar import AMSTERDAM
from services.shared.screens.assets import Assets
from services.shared.screens.language import DUTCH, LANGUAGES, language_of
from services.shared.screens.texts import translations
from services.shared.types import Cents

SHARED_ROOM = Path(__file__).parent
LOCALES = {"nl": "nl_NL", "en": "en_GB"}
# Data addresses, so that one theme file can carry a logo and a font.
PAGE_POLICY = "; ".join(
    (
        *("default-src 'none'", "style-src 'self'", "script-src 'self'", "connect-src 'self'"),
        *("img-src 'self' data:", "font-src 'self' data:", "form-action 'self'"),
        *("base-uri 'none'", "frame-ancestors 'none'"),
    )
)

NOBODY: Mapping[str, Any] = {"actor": None, "menu": (), "kept": None, "permits": lambda permission: False}


class Screens:
    """Makes pages of the templates of some rooms: folders with `templates/` and `locale/en.po`."""

    def __init__(self, assets: Assets, rooms: Sequence[Path]) -> None:
        self._assets = assets
        self._environments = environments(rooms)

    def page(
        self,
        request: Request,
        template: str,
        values: Mapping[str, Any] | None = None,
        *,
        status: int = 200,
        frame: Mapping[str, Any] | None = None,
    ) -> HTMLResponse:
        """The whole page or the fragment that a template gives, in the reader's language.

        `frame` says who is signed in; without it the page is one for visitors, and has no forms of its own.
        """
        language = language_of(request)
        query = f"?{request.url.query}" if request.url.query else ""
        text = (
            self._environments[language]
            .get_template(template)
            .render(
                **(values or {}),
                **(frame or NOBODY),
                asset=self._assets.url,
                styles=self._assets.styles,
                themes=" ".join(self._assets.themes),
                language=language,
                languages=LANGUAGES,
                here=request.url.path,
                back=f"{request.url.path}{query}" if request.method in ("GET", "HEAD") else request.url.path,
            )
        )
        return HTMLResponse(text, status, {"Content-Security-Policy": PAGE_POLICY, "Content-Language": language})


def environments(rooms: Sequence[Path]) -> dict[str, Environment]:
    """For each language what makes texts of the templates of some rooms, for a page or for a mail."""
    rooms = (*rooms, SHARED_ROOM)
    english = translations(rooms)
    made = {language: _environment(language, rooms) for language in LANGUAGES}
    for language, environment in made.items():
        if language == DUTCH:
            environment.install_null_translations(newstyle=True)  # type: ignore[attr-defined]  # from i18n
        else:
            environment.install_gettext_translations(english, newstyle=True)  # type: ignore[attr-defined]  # same
    return made


def _environment(language: str, rooms: Sequence[Path]) -> Environment:
    environment = Environment(
        loader=FileSystemLoader([room / "templates" for room in rooms]),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["ext.i18n.trimmed"] = True
    locale = LOCALES[language]

    def euros(cents: Cents) -> str:
        return format_currency(Decimal(cents) / 100, "EUR", locale=locale)

    def day(value: date) -> str:
        return format_date(value, "d MMMM yyyy", locale=locale)

    def weekday(value: date) -> str:
        return format_date(value, "EEEE d MMMM", locale=locale)

    def moment(value: datetime) -> str:
        return format_datetime(value, "d MMMM yyyy HH:mm", tzinfo=AMSTERDAM, locale=locale)

    def share(part: int, whole: int) -> str:
        return format_percent(Decimal(part) / (whole or 1), "#,##0.#\u00a0%", locale=locale)

    environment.filters.update(euros=euros, day=day, weekday=weekday, moment=moment, share=share)
    return environment
