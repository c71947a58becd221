"""What the documents name is there: files, functions, settings, commands with their options, roles and addresses."""

import argparse
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, TypeAdapter, ValidationError

from deploy.__main__ import COMMANDS
from programmes.schema import Programme
from services.shared.permissions import PERMITTED
from services.shared.places import RENEWAL
from services.shared.settings import FILE_VARIABLE, PREFIX, Settings
from services.shared.types import stable_id
from tests.architecture.routes import routes
from tests.architecture.sources import OURS, ROOT, SERVICES

README = ROOT / "README.md"
DOCUMENTS = (README, *sorted((ROOT / "docs").rglob("*.md")))
LINK = re.compile(r"\]\(([^)#:]+)[^)]*\)")
IN_CODE = re.compile(r"`([^`\n]+)`")
FENCED = re.compile(r"```.*?```", re.DOTALL)
KINDS = {".py", ".html", ".js", ".css", ".toml", ".json", ".po", ".lock", ".md", ""}
FILE = re.compile(r"([\w./-]+\.(?:py|html|js|css|toml|json|po|lock|md))(?::([\w.]+))?")
FOLDER = re.compile(r"(?:services|workflows|programmes|simulation|deploy|docs|tests)(?:/[\w-]+)*/?")
BROUGHT = {"settings.toml", "theme.css", "2.toml"}
"""What an operator, a designer or a writer of programmes brings."""
NAME = re.compile(r"[A-Za-z_]\w*")
OF_OURS = re.compile(r"_?[a-z0-9]+(?:_[a-z0-9]+)+|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|(?:[A-Z][a-z0-9]+){2,}")
"""How functions, settings, constants and classes are written, and no other word."""
OF_OTHERS = {"FORWARDED_ALLOW_IPS"}
"""uvicorn's."""
SETTING = re.compile(rf"{PREFIX}[A-Z_]+")
COMMAND = re.compile(r"\./kansen ([a-z]+)((?: +[^\s`|;)]+)*)")
ROW = re.compile(r"^\| (`.+?) \|", re.MULTILINE)
OPTION = re.compile(r"--[a-z-]+")
CALL = re.compile(r"""\bapi ([a-z-]+) ([A-Z]+) "?(/[^\s"]+)"?(?: '(\{.*\})')?""")
OF_SHELL = re.compile(r"'\$\(?(\w+)\)?'")
ATTRIBUTE = re.compile(r"\.([a-z_]+)\b")
ADDRESS = re.compile(rf"(?<![\w.>])/(?:{'|'.join(SERVICES)})/[^\s`\"'?#)…]+")


def test_a_link_leads_to_a_file() -> None:
    assert (
        _wrong(lambda document: [there for there in _links(document) if not (document.parent / there).exists()]) == []
    )


def test_a_file_that_is_named_is_there_and_holds_what_is_named_in_it() -> None:
    assert _wrong(lambda document: [told for told in _in_code(document) if not _is_there(told)]) == []


def test_a_name_in_code_is_a_name_of_the_code() -> None:
    known = _names_of_ours() | OF_OTHERS

    assert _wrong(lambda document: [name for name in _named(document) if name not in known]) == []


def test_a_setting_that_is_named_is_known() -> None:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | {FILE_VARIABLE}

    assert _wrong(lambda document: set(SETTING.findall(document.read_text())) - known) == []


def test_an_operator_reads_of_every_setting() -> None:
    told = " ".join(document.read_text() for document in DOCUMENTS if document.parent.name != "decisions")

    assert [
        name for name in Settings.model_fields if f"`{name}`" not in told and f"{PREFIX}{name.upper()}" not in told
    ] == []


def test_a_command_that_is_named_takes_the_options_that_are_named() -> None:
    assert _wrong(lambda document: _strange(" ".join(found) for found in COMMAND.findall(document.read_text()))) == []


def test_the_table_of_commands_has_them_all_with_options_that_they_take() -> None:
    told = [shown for row in ROW.findall(README.read_text()) for shown in IN_CODE.findall(row)]
    commands = [shown for shown in told if shown.split()[0] in COMMANDS]

    assert set(COMMANDS) - {shown.split()[0] for shown in commands} == set()
    assert _strange(commands) == []


def test_an_address_that_is_named_answers() -> None:
    known = [f"/{name}{each.path}".split("/") for name in SERVICES for each in routes(name)] + [RENEWAL.split("/")]

    assert _wrong(lambda document: [told for told in _addresses(document) if not _answers(told, known)]) == []


def test_each_call_of_the_first_hour_is_for_who_may_make_it_and_says_what_the_api_takes() -> None:
    calls = CALL.findall((ROOT / "docs" / "guide" / "api.md").read_text())

    assert len(calls) > 10
    assert [problem for call in calls for problem in _refused(*call)] == []


def test_who_writes_a_programme_reads_of_every_section() -> None:
    told = (ROOT / "docs" / "guide" / "programmes.md").read_text()

    assert [name for name in Programme.model_fields if f"`{name.replace('_', '-')}`" not in told] == []


def test_who_writes_a_programme_reads_which_values_nobody_goes_by() -> None:
    told = (ROOT / "docs" / "guide" / "programmes.md").read_text().partition("**Not read yet.**")[2].partition("###")[0]
    read = {
        name
        for folder in ("services", "workflows", "programmes/rules", "programmes/schema")
        for name in _read_in(ROOT / folder)
    }
    explain = {"grounds", "assumptions"}

    assert {name.replace("-", "_") for name in IN_CODE.findall(told)} == _values_of(Programme) - read - explain


def test_who_sets_up_signing_in_reads_of_every_role_that_may_do_something() -> None:
    told = (ROOT / "docs" / "guide" / "sign-in.md").read_text()

    assert {role for roles in PERMITTED.values() for role in roles if f"`{role}`" not in told} == set()


def _read_in(folder: Path) -> set[str]:
    files = (file for file in folder.rglob("*") if file.suffix in {".py", ".html"})
    return {name for file in files for name in ATTRIBUTE.findall(file.read_text())}


def _values_of(section: type[BaseModel]) -> set[str]:
    """The keys of a section and of all the sections in it."""
    found = set(section.model_fields)
    for kind in section.model_fields.values():
        for inner in _sections_in(kind.annotation):
            found |= _values_of(inner)
    return found


def _sections_in(kind: object) -> Iterator[type[BaseModel]]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
    for inner in get_args(kind):
        yield from _sections_in(inner)


def _wrong(find: Callable[[Path], Iterable[str]]) -> list[str]:
    return [f"{document.relative_to(ROOT)}: {each}" for document in DOCUMENTS for each in find(document)]


def _links(document: Path) -> list[str]:
    return LINK.findall(document.read_text())


def _in_code(document: Path) -> list[str]:
    return IN_CODE.findall(FENCED.sub("", document.read_text()))


def _addresses(document: Path) -> set[str]:
    return {told.rstrip(".,;/") for told in ADDRESS.findall(document.read_text())}


def _named(document: Path) -> set[str]:
    told = {name for each in _in_code(document) for name in NAME.findall(each)}
    return {name for name in told if OF_OURS.fullmatch(name) and not name.startswith(PREFIX)}


@cache
def _files() -> tuple[Path, ...]:
    under = (file for folder in (*OURS, "tests", "docs/decisions", "docs/guide") for file in (ROOT / folder).rglob("*"))
    return tuple(file for file in (*ROOT.glob("*"), *under) if file.is_file() and file.suffix in KINDS)


def _names_of_ours() -> set[str]:
    files = [file for file in _files() if file.suffix != ".md" and file != Path(__file__)]
    return {name for file in files for name in NAME.findall(f"{file.name} {file.read_text()}")}


def _is_there(told: str) -> bool:
    if FOLDER.fullmatch(told):
        return (ROOT / told).exists() or (ROOT / f"{told}.py").exists()
    found = FILE.fullmatch(told)
    if found is None or found[1] in BROUGHT:
        return True
    # `handlers/tandems.py` where the sentence says of which service it is.
    files = [file for file in _files() if f"/{file.relative_to(ROOT)}".endswith(f"/{found[1]}")]
    wanted = set(NAME.findall(found[2] or ""))
    return any(wanted <= set(NAME.findall(file.read_text())) for file in files)


def _strange(commands: Iterable[str]) -> list[str]:
    found = []
    for shown in commands:
        name, *rest = shown.split()
        known = _options(name) if name in COMMANDS else frozenset()
        found += [f"{name} {option}" for option in OPTION.findall(" ".join(rest)) if option not in known]
        found += [name] if name not in COMMANDS else []
    return found


@cache
def _options(command: str) -> frozenset[str]:
    parser = argparse.ArgumentParser()
    import_module(COMMANDS[command].module).add_arguments(parser)
    return frozenset(option for action in parser._actions for option in action.option_strings)


def _refused(role: str, method: str, address: str, body: str) -> list[str]:
    """What is wrong with a call, with ids in the place of what the shell fills in."""
    told = address.split("?")[0].split("/")
    found = [
        each for each in routes(told[1]) if each.method == method and _fits(told, f"/{told[1]}{each.path}".split("/"))
    ]
    if not found:
        return [f"{method} {address} is not there"]
    if role not in (found[0].roles or ()):
        return [f"{method} {address} is not for a {role}"]
    try:
        for field in found[0].route.dependant.body_params:
            kind: Any = field.field_info.annotation
            TypeAdapter(kind).validate_json(OF_SHELL.sub(_filled_in, body))
    except ValidationError as error:
        return [f"{method} {address}: {error}"]
    return []


def _filled_in(found: re.Match[str]) -> str:
    return "0" * 64 if found[1] == "digest" else str(stable_id("document", found[1]))


def _fits(told: list[str], address: list[str]) -> bool:
    """What stands between braces may be anything."""
    return len(told) == len(address) and all(
        want == part or "{" in want for part, want in zip(told, address, strict=True)
    )


def _answers(told: str, known: Iterable[list[str]]) -> bool:
    """Whether it is an address, or the beginning of some."""
    parts = told.split("/")
    return any(_fits(parts, address[: len(parts)]) for address in known)
