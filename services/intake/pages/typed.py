"""What the forms of an intake send, as a draft keeps it; and what a form shows before anything was typed."""

from collections.abc import Mapping
from typing import Any

from starlette.datastructures import FormData

from programmes.schema import Programme
from services.intake import store
from services.intake.commands import EXPECTED_MAX, MEMBERS_MAX, MemberRole
from services.intake.domain.told import LANGUAGES_TOLD, Step, is_empty, urgent_needs_of
from services.intake.outreach_store import FirstContact
from services.shared.screens.language import LANGUAGES

TEXT_MAX = 300
"""Longer than anything that is asked for: the rest is cut off, and what is left is told to be too long."""
MEMBER_FIELDS = ("given_name", "prefix", "surname", "birth_date")
CONTACT_FIELDS = ("area", "street", "house_number", "postcode", "city", "phone", "email", "channel", "moment")
OUTSIDE = "outside"
"""The area of a family that lives in none of the programme's."""
ADD = {"child": MemberRole.CHILD, "adult": MemberRole.PARENT}


def typed(step: Step, form: FormData, programme: Programme) -> dict[str, Any]:
    """One step of a form, nothing added and nothing mended."""
    match step:
        case Step.CONSENT:
            answers = {each.code: _text(form, f"consent-{each.code}") for each in programme.intake.consents}
            return {
                "language": _text(form, "language"),
                "words_in": words_in(form),
                "answers": {code: each for code, each in answers.items() if each},
            }
        case Step.HOUSEHOLD:
            return _household(form)
        case Step.CONTACT:
            languages = [_text(form, f"language-{number}") for number in range(1, LANGUAGES_TOLD + 1)]
            told = {name: _text(form, name) for name in CONTACT_FIELDS}
            return told | {"languages": languages, "interpreter": _text(form, "interpreter")}
        case Step.WISHES:
            ranks = {each.code: _text(form, f"rank-{each.code}") for each in programme.goal_domains}
            return {
                "ranks": {code: rank for code, rank in ranks.items() if rank},
                "urgent": [str(each)[:TEXT_MAX] for each in form.getlist("urgent")][: len(programme.categories)],
                "income": _text(form, "income"),
            }
        case Step.BSN | Step.FIT | Step.CHECK:
            return {}


def _household(form: FormData) -> dict[str, Any]:
    shown = _number(form, "rows", MEMBERS_MAX)
    away = _text(form, "away")
    rows = [
        {"role": _role(form, number)} | {name: _text(form, f"{name}-{number}") for name in MEMBER_FIELDS}
        for number in range(1, shown + 1)
        if str(number) != away
    ]
    expected = [_text(form, f"expected-{number}") for number in range(1, _number(form, "births", EXPECTED_MAX) + 1)]
    more = _text(form, "more")
    if more in ADD and len(rows) < MEMBERS_MAX:
        rows.append(blank(ADD[more]))
    if more == "birth" and len(expected) < EXPECTED_MAX:
        expected.append("")
    return {"members": rows, "expected": expected}


def blank(role: MemberRole, given_name: str = "") -> dict[str, str]:
    """A row for somebody who is not filled in yet."""
    return {"role": role.value, "given_name": given_name, "prefix": "", "surname": "", "birth_date": ""}


def shown(step: Step, draft: store.Draft | None, signal: Any, first: FirstContact | None, programme: Programme) -> Any:
    """What a form shows: what was typed before, or what is known from the first meeting."""
    if draft is not None and step in draft.steps:
        return draft.told(step)
    match step:
        case Step.CONSENT:
            return {"language": (first.language if first else None) or "nl", "answers": {}}
        case Step.HOUSEHOLD:
            name = signal.contact_name or ""
            return {"members": [blank(MemberRole.PARENT, name), blank(MemberRole.CHILD)], "expected": [""]}
        case Step.CONTACT:
            areas = {area.code for area in programme.areas}
            known = {
                "area": signal.area if signal.area in areas else "",
                "phone": signal.contact_phone or "",
                "email": signal.contact_email or "",
            }
            spoken = {
                "languages": [_talk_language(draft), ""],
                "interpreter": "yes" if ticks_interpreter(draft) else "",
            }
            return dict.fromkeys(CONTACT_FIELDS, "") | known | spoken
        case Step.WISHES:
            needs = [code for code in (first.needs if first else ()) if code in urgent_needs_of(programme)]
            return {"ranks": {}, "urgent": needs, "income": ""}
        case Step.BSN | Step.FIT | Step.CHECK:
            return {}


def ticks_interpreter(draft: store.Draft | None) -> bool:
    """Whether the language of the talk says, until somebody does, that an interpreter is needed."""
    return _talk_language(draft) not in ("", "nl")


def _talk_language(draft: store.Draft | None) -> str:
    return str(draft.told(Step.CONSENT).get("language", "nl")) if draft is not None else "nl"


def known_contact(family: Any) -> dict[str, Any]:
    """What is known already of a family that comes back: where it lives and how it is reached."""
    known = {name: getattr(family, name) for name in ("area", "street", "house_number", "postcode", "city")}
    known |= {"phone": family.phone, "email": family.email}
    known |= {"channel": family.contact_channel, "moment": family.contact_moment}
    told: dict[str, Any] = {name: text for name, text in known.items() if text}
    if family.languages:
        told["languages"] = [*family.languages, ""][:LANGUAGES_TOLD]
    return told | {"interpreter": "yes" if family.interpreter else ""}


def differences(theirs: Mapping[str, Any], mine: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Fields in which two people's answers to one step differ: name, theirs, mine."""
    ours, others = ({k: v for k, v in flat(told).items() if k != "words_in"} for told in (mine, theirs))
    names = dict.fromkeys([*others, *ours])
    return [(name, others.get(name, ""), ours.get(name, "")) for name in names if others.get(name) != ours.get(name)]


def flat(told: Mapping[str, Any]) -> dict[str, str]:
    """A step as the fields of its form, by their names; rows of nobody are left out."""
    fields: dict[str, str] = {}
    for name, value in told.items():
        if name == "members":
            rows = [(number, row) for number, row in enumerate(value, start=1) if not is_empty(row)]
            fields |= {f"{part}-{number}": text for number, row in rows for part, text in row.items()}
        elif name in ("answers", "ranks"):
            part = "consent" if name == "answers" else "rank"
            fields |= {f"{part}-{code}": text for code, text in value.items()}
        elif name in ("expected", "languages"):
            part = "language" if name == "languages" else name
            fields |= {f"{part}-{number}": text for number, text in enumerate(value, start=1) if text}
        elif name == "urgent":
            fields |= {f"urgent-{code}": code for code in value}
        else:
            fields[name] = str(value)
    return {name: text for name, text in fields.items() if text}


def repeated(step: Step, told: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The fields of a form that sends the same step again."""
    fields = [(name, text) for name, text in flat(told).items() if not name.startswith("urgent-")]
    fields += [("urgent", code) for code in told.get("urgent", ())]
    if step is Step.HOUSEHOLD:
        fields += [("rows", str(len(told["members"]))), ("births", str(len(told["expected"])))]
    return fields


def _role(form: FormData, number: int) -> str:
    told = _text(form, f"role-{number}")
    return told if told in set(MemberRole) else MemberRole.OTHER.value


def _number(form: FormData, name: str, most: int) -> int:
    told = _text(form, name)
    return min(int(told), most) if told.isascii() and told.isdigit() else 0


def words_in(form: FormData) -> str:
    """The language of the consents that stood on the page that was sent."""
    told = _text(form, "words_in")
    return told if told in LANGUAGES else ""


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value.strip()[:TEXT_MAX] if isinstance(value, str) else ""
