"""Every command people may give has a form of its own fields, and what is filled in is the command."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from domain import commands as c
from domain.base import FieldRefusal, Frozen
from domain.facts import NewPoint
from domain.offers import OFFERED
from domain.terms import ReturnReason, SuspensionReason
from tests.support.life import accepted
from tests.support.office import ASSIST, LEAD, OFFICE, founded, sqlite
from views.viewer import Viewer
from web.acts import ACTS, LABELS, LEFT_OUT, OPENING, label_of
from web.forms import Filling, command_of, fields_of
from web.meeting_acts import MEETING_ACTS
from web.pages.actions import BY_NAME
from web.pages.submitting import Given


@pytest.fixture(scope="module")
def filling(tmp_path_factory: pytest.TempPathFactory) -> Filling:
    """The office before a matter in hand, with two points."""
    log = founded(sqlite(tmp_path_factory.mktemp("log")))
    points = (NewPoint(text="完成支护", due=date(2022, 5, 1)), NewPoint(text="完成桩基"))
    timeline = [{"version": 3, "occurred_at": "2022-03-01T10:00:00+08:00", "label": "签收"}]
    return Filling(Viewer(log, OFFICE, datetime.now(UTC)), accepted(points=points).m, timeline)


def test_every_command_has_a_form_and_every_field_its_place() -> None:
    assert {act.kind for act in ACTS} == OFFERED.keys()
    assert len({act.label for act in ACTS}) == len(ACTS)
    for act in (*ACTS, OPENING):
        if act.kind is not c.SubmitFeedback:  # its page is 周反馈
            asked = {name.partition(".")[0] for name in act.fields}
            assert asked | LEFT_OUT.get(act.kind, frozenset()) == set(act.kind.model_fields) - {"do"}, act.kind
        assert all(label_of(act, name) for name in act.fields)
    named = {f"{act.do}.{name}" for act in (*ACTS, OPENING) for name in act.fields}
    named |= {name for act in (*ACTS, OPENING, *MEETING_ACTS) for name in act.fields}
    named |= {f"{act.do}.{name}" for act in MEETING_ACTS for name in act.fields}
    assert set(LABELS) <= named, "no label without its field"


def test_every_form_asks_what_its_model_asks(filling: Filling) -> None:
    for act in (*ACTS, OPENING):
        for field in fields_of(act, filling):
            assert field.label
            assert field.kind in ("words", "line", "date", "moment", "choice", "tick", "files"), (act.kind, field)
            assert field.kind != "choice" or field.options or field.name in ("by", "no"), (act.kind, field)


FILLED: tuple[tuple[dict[str, str], Frozen], ...] = (
    (
        {"lead": "gengxin", "assist": "区住房和建设局", "reason": "职能"},
        c.AssignMatter(lead=LEAD, assist=(ASSIST,), reason="职能"),
    ),
    ({"leaders": "吴七"}, c.SetLeaders(leaders=("leader",))),
    ({"point.text": "完成图审", "point.stage": "1"}, c.AddPoint(point=NewPoint(text="完成图审", stage=True))),
    ({"no": "2", "due": "2022-06-01"}, c.ChangePoint(no=2, due=date(2022, 6, 1))),
    (
        {"to": "2022年7月1日", "reason": "图审", "point": "1"},
        c.RequestExtension(to=date(2022, 7, 1), reason="图审", point=1),
    ),
    ({"approve": "no", "text": "缺照片"}, c.ReviewClosure(approve=False, text="缺照片")),
    ({"reason": "unclear", "text": "写清"}, c.AskBack(reason=ReturnReason.UNCLEAR, text="写清")),
    (
        {"reason": "force_majeure", "until": "2022-09-01"},
        c.SuspendMatter(reason=SuspensionReason.FORCE_MAJEURE, until=date(2022, 9, 1)),
    ),
    ({}, c.FollowMatter(stop=False)),
    ({"version": "3", "text": "日期写错"}, c.CorrectEvent(version=3, text="日期写错")),
)


@pytest.mark.parametrize(("typed", "command"), FILLED)
def test_what_is_filled_in_is_the_command(filling: Filling, typed: dict[str, str], command: Frozen) -> None:
    act = next(act for act in ACTS if act.kind is type(command))
    assert command_of(act, Given(typed), filling) == command


@pytest.mark.parametrize(
    ("do", "typed", "field", "line"),
    [
        ("assign", {"lead": ""}, "lead", "请选择“牵头单位”"),
        ("assign", {"lead": "gengxin", "assist": "无此单位"}, "assist", "通讯录里没有单位"),
        ("extend", {"to": "过几天", "reason": "图审"}, "to", "看不懂日期"),
        ("merge", {"into": "XMH-2099-001", "reason": "重复"}, "into", "没有编号为"),
        ("decline", {"reason": "  "}, "reason", "请填写“退签理由”"),
        ("decline", {"reason": "由" * 2001}, "reason", "退签理由：有2001字，最多2000字"),
        ("decline", {"reason": "由" * 30_000}, "reason", "退签理由 填写有误：文字超过 64 KiB"),
        ("point_add", {"point.text": "图" * 2001}, "point.text", "要点内容：有2001字"),
        (
            "basis_add",
            {"basis.kind": "minutes", "basis.text": "会", "basis.no": "号" * 201},
            "basis.no",
            "文号：有201字",
        ),
    ],
)
def test_what_cannot_be_understood_is_said_beside_its_field(
    filling: Filling, do: str, typed: dict[str, Any], field: str, line: str
) -> None:
    with pytest.raises(FieldRefusal) as told:
        command_of(BY_NAME[do], Given(typed), filling)
    assert told.value.field == field
    assert line in told.value.message
