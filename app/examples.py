"""One example for every body of the API, made from one small world of facts.

A body's example is derived from its own schema, field by field: what `FACTS` says of a field of
that name, else the id, day or moment the name stands for, else the first value allowed. So a new
field has its example by itself, and all of them speak of the same county. Tests hold each against
its schema, and what is sent against the rules that no schema can say.
"""

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid5

Schema = dict[str, Any]

_WORLD = UUID("0190a000-0000-7000-8000-000000000000")
_TERM = ("2026-02-24", "2026-07-10")
_DAY = "2026-03-02"
_LESSON = ("2026-03-02T02:00:00Z", "2026-03-02T02:40:00Z")
_HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_TOKEN = "c2FtcGxlLXRva2VuLW9mLTI1Ni1yYW5kb20tYml0cy0w"  # noqa: S105 - an example of one

#: What a thing is called, by the name of the field it stands in.
NAMES = {
    "alliance": "示范县音乐联盟",
    "classroom": "多媒体教室",
    "hub": "示范中心小学",
    "hub_school": "示范中心小学",
    "lecturer": "李老师",
    "parent": "示范中心小学",
    "person": "李老师",
    "region": "示范县",
    "school": "示范一村小",
    "school_class": "三年级1班",
    "term": "2025-2026学年第二学期",
    "authority": "示范县教育局",
}


def _party(school: str, side: str) -> dict[str, Any]:
    """Return a school as it takes part in a pairing, to which it has agreed."""
    return {
        "school": {"id": str(uuid5(_WORLD, school)), "name": NAMES[school]},
        "side": side,
        "person": None,
        "school_class": None,
        "agreed_at": _LESSON[0],
    }


#: What a field holds: of a schema (`Schema.field`, the whole value) or of any (`field`, a text, a
#: number or a truth value). The four parts of a lesson add up to its plan.
FACTS: dict[str, Any] = {
    "PairingIn.hub": {"school_id": str(uuid5(_WORLD, "hub"))},
    "PairingIn.partners": [{"school_id": str(uuid5(_WORLD, "school"))}],
    "PairingIn.subjects": ["music"],
    "PairingOut.hub": _party("hub", "HUB"),
    "PairingOut.partners": [_party("school", "PARTNER")],
    "AllianceIn.name": NAMES["alliance"],
    "AllianceOut.name": NAMES["alliance"],
    "AuthorityIn.name": NAMES["authority"],
    "AuthorityOut.name": NAMES["authority"],
    "BellsIn.name": "冬季作息",
    "BellsOut.name": "冬季作息",
    "CalendarDayIn.name": "校运动会",
    "CalendarDayOut.name": "校运动会",
    "ClassroomEdit.name": NAMES["classroom"],
    "ClassroomIn.name": NAMES["classroom"],
    "ClassroomOut.name": NAMES["classroom"],
    "CorrectionOut.after": "511902 示范镇",
    "CorrectionOut.before": "511902 示范乡",
    "CorrectionOut.noted_by": "王管理员",
    "CurriculumEdit.name": "示范县课程计划",
    "CurriculumIn.name": "示范县课程计划",
    "OfferingIn.name": "三年级音乐",
    "OfferingOut.name": "三年级音乐",
    "PairingIn.name": "音乐专递课堂",
    "PairingOut.name": "音乐专递课堂",
    "RegionIn.name": "示范镇",
    "RegionOut.name": NAMES["region"],
    "RosterIn.name": "2026年春季教学点",
    "RosterOut.name": "2026年春季教学点",
    "SchoolClassIn.name": NAMES["school_class"],
    "SchoolClassOut.name": NAMES["school_class"],
    "TermIn.name": NAMES["term"],
    "TermOut.name": NAMES["term"],
    "Enrol.code": "K7WP-3QXM",
    "IssuedCode.code": "K7WP-3QXM",
    "HoldIn.reason": "家长有异议, 先不要销毁",
    "HoldOut.reason": "家长有异议, 先不要销毁",
    "RetentionRuleIn.note": "县教育局决定",
    "RetentionRuleOut.note": "县教育局决定",
    "CodeOut.code": "music",
    "JobProblem.type": "unreadable-file",
    "JobProblem.detail": "The file is no table.",
    "EventOut.type": "seat_joined",
    "SignIn.password": "a long sentence nobody guesses",
    "SetPassword.password": "a long sentence nobody guesses",
    "GrantIn.purpose": "本学期教务",
    "MicroLessonIn.title": "小雨沙沙: 第一句怎么唱",
    "MicroLessonIn.from_ms": 600_000,
    "MicroLessonIn.until_ms": 900_000,
    "MicroLessonEdit.title": "小雨沙沙: 第一句怎么唱",
    "MicroLessonOut.title": "小雨沙沙: 第一句怎么唱",
    "MicroLessonOut.from_ms": 600_000,
    "MicroLessonOut.until_ms": 900_000,
    "MicroLessonOut.duration_ms": 300_000,
    "PublishedPieceOut.title": "小雨沙沙: 第一句怎么唱",
    "PublishedPieceOut.duration_ms": 300_000,
    "actor_name": NAMES["lecturer"],
    "address": "10.0.0.8",
    "asked_by": "王管理员",
    "budget_down_kbps": 50_000,
    "budget_up_kbps": 20_000,
    "category": "218",
    "code": "511902",
    "count": 31,
    "csrf_token": _TOKEN,
    "digest": _HASH,
    "earliest": "08:00",
    "ends": "09:10",
    "entry_year": 2023,
    "files_sha256": _HASH,
    "grace_days": 7,
    "grade": "三年级",
    "grade_from": 1,
    "grade_no": 3,
    "grade_to": 6,
    "headcount": 31,
    "home": "/admin",
    "is_counted": True,
    "is_kept": True,
    "is_own": True,
    "keep_days": 180,
    "key_id": "2026-1",
    "kind": "schools.import",
    "label_bo": "རོལ་དབྱངས།",
    "label_en": "Music",
    "label_zh": "音乐",
    "language": "zh",
    "language_of_instruction": "zh",
    "latest": "12:00",
    "latitude": 31.85,
    "lifted_by": NAMES["lecturer"],
    "link_kind": "wired",
    "link": "https://example.org/lesson-plan",
    "local_suffix": "01",
    "longitude": 106.75,
    "made_by": "王管理员",
    "maker": NAMES["lecturer"],
    "media_type": "application/pdf",
    "moe_code": "2151000001",
    "name": NAMES["school"],
    "next_cursor": "WyI3YzFkMGI5ZSIsIuWwj-WtpiJd",
    "note": "下午没有老师",
    "notice_days": 30,
    "objection": "音箱坏了, 用备用音箱听完",
    "path": "/511900/511902/",
    "placed_by": "王管理员",
    "planned_ms": 2_400_000,
    "connected_ms": 2_390_000,
    "audible_ms": 2_280_000,
    "degraded_ms": 60_000,
    "lost_ms": 50_000,
    "offline_ms": 10_000,
    "visible_ms": 2_300_000,
    "duration_ms": 2_400_000,
    "manifest_sha256": _HASH,
    "min_audible_permille": 850,
    "micro_lesson": "小雨沙沙: 第一句怎么唱",
    "periods_a_week": 2,
    "place": NAMES["region"],
    "protocol": "classrooms.v1",
    "public_key": _TOKEN,
    "pupil_count": 31,
    "purpose": "让每个教学点开齐音乐课",
    "reason": "主讲教师请假",
    "road_note": "雨季路滑",
    "rows_hash": _HASH,
    "season_from": "10-01",
    "season_to": "04-30",
    "seat_id": "hub",
    "set": "SUBJECT",
    "sha256": _HASH,
    "signature": _TOKEN,
    "size_bytes": 182_400,
    "source": "示范县教育局文件",
    "staff_no": "0101",
    "stage": "2",
    "starts": "08:30",
    "subject": "music",
    "textbook": "人教版三年级下册",
    "ticket": _TOKEN,
    "title": "小雨沙沙",
    "token": _TOKEN,
    "urban_rural": "220",
    "username": "li.laoshi",
    "version": 1,
    "websocket": "/api/live",
    "weekday": 1,
}

#: Optional fields that are not sent together with another one of their body.
LEFT_OUT = frozenset(
    {
        "CalendarDayIn.follows",
        "CalendarDayIn.school_id",
        "GrantIn.alliance_id",
        "GrantIn.authority_id",
        "GrantIn.region_id",
        "MemberIn.moe_code",
        "SheetIn.amends_id",
        "SheetIn.reason",
        "TrackEventIn.file_id",
    }
)

_FIRST = re.compile(r"^(starts_|from_|valid_from|first|started_|opened_|planned_start)")
_LAST = re.compile(
    r"^(ends_|to_|valid_to|last|ended_|until|closed_|planned_end|finished_|expires_)"
)


def add_examples(schema: Schema) -> None:
    """Give each JSON body of a request, and of an answer that is no refusal, its example."""
    components = schema["components"]["schemas"]
    for content in bodies(schema):
        content["example"] = example_of(content["schema"], components)


def bodies(schema: Schema) -> Iterator[Schema]:
    """Return the JSON media types of a description: sent, and answered with success."""
    for path in schema["paths"].values():
        for operation in path.values():
            answers = [
                answer
                for status, answer in operation["responses"].items()
                if status.startswith("2")
            ]
            for body in (operation.get("requestBody", {}), *answers):
                content = body.get("content", {}).get("application/json")
                if content is not None and content.get("schema"):
                    yield content


def example_of(schema: Schema, components: Schema, *, owner: str = "", field: str = "") -> Any:
    """Return a value of a schema; `owner` and `field`: the component and the name it stands under.

    A component within itself ends in an empty list or null, as its own fields allow.
    """
    if (name := schema.get("$ref", "").rpartition("/")[2]) != "":
        return _of_component(name, components, field)
    if "const" in schema or "enum" in schema:
        return schema["const"] if "const" in schema else schema["enum"][0]
    for word in ("anyOf", "oneOf", "allOf"):
        if word in schema:
            choices = [each for each in schema[word] if each.get("type") != "null"]
            return example_of(choices[0], components, owner=owner, field=field)
    match schema.get("type"):
        case "object":
            return _of_object(schema, components, owner)
        case "array":
            return _of_array(schema, components, owner, field)
        case _:
            return _leaf(schema, owner, field)


def _of_component(name: str, components: Schema, field: str) -> Any:
    component = components[name]
    if name == "Named":
        return {"id": str(uuid5(_WORLD, _meant(field))), "name": NAMES.get(field, NAMES["school"])}
    return example_of(component, components, owner=name, field=field)


def _of_object(schema: Schema, components: Schema, owner: str) -> Any:
    found = {}
    for field, below in schema.get("properties", {}).items():
        whole = f"{owner}.{field}"
        if whole not in LEFT_OUT:
            found[field] = (
                FACTS[whole]
                if whole in FACTS
                else example_of(below, components, owner=owner, field=field)
            )
    return found


def _of_array(schema: Schema, components: Schema, owner: str, field: str) -> list[Any]:
    if "prefixItems" in schema:
        return [
            example_of(each, components, owner=owner, field=field) for each in schema["prefixItems"]
        ]
    items = schema.get("items", {})
    singular = {"hubs": "hub", "subjects": "subject"}.get(field, field.removesuffix("s"))
    return [example_of(items, components, owner=owner, field=singular)]


def _leaf(schema: Schema, owner: str, field: str) -> Any:
    kind = schema.get("type")
    match schema.get("format"):
        case "uuid":
            return str(uuid5(_WORLD, _word_of(owner) if field == "id" else _meant(field)))
        case "date":
            return _of_time(field, *_TERM, _DAY)
        case "date-time":
            return _of_time(field, *_LESSON, _LESSON[0])
    known = FACTS.get(field)
    if _is_of(kind, known):
        return known
    if schema.get("examples"):
        return schema["examples"][0]
    if schema.get("default") is not None:
        return schema["default"]
    return _least(schema, kind, field)


def _word_of(owner: str) -> str:
    """Return what a component is of: "SchoolClassOut" is of a school class."""
    word = re.sub(r"(Out|In|Item|Detail|Card|Edit)$", "", owner)
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", word).lower()


def _meant(field: str) -> str:
    """Return what a field that holds an id is about."""
    word = field.removesuffix("_ids").removesuffix("_id")
    return {"class": "school_class", "hub_school": "hub"}.get(word, word)


def _of_time(field: str, first: str, last: str, usual: str) -> str:
    if _FIRST.match(field):
        return first
    return last if _LAST.match(field) else usual


def _is_of(kind: str | None, value: object) -> bool:
    match kind:
        case "string":
            return isinstance(value, str)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "boolean":
            return isinstance(value, bool)
        case _:
            return False


def _least(schema: Schema, kind: str | None, field: str) -> Any:
    """Return the plainest value of a leaf about which nothing is known."""
    match kind:
        case "string":
            return NAMES.get(field.removesuffix("_name"), "示例")
        case "integer":
            return int(schema.get("minimum", 0))
        case "number":
            return schema.get("minimum", 0.0)
        case "boolean":
            return False
        case _:
            return None
