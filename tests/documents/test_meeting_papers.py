"""会议通知, 议程 and 纪要 as pages: what they say, and that they are laid out as the standard wants."""

import io
import re
import zipfile
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from documents.checking.pdf_reading import read_pdf
from documents.checking.report import check_layout
from documents.formats.markdown import markdown_of
from documents.formats.press import Press
from documents.meetings.calling import DirectoryNames, agenda_page, last_rescheduling, notice_page
from documents.meetings.minutes import minutes_page
from documents.page import Page
from domain.base import Refusal
from domain.founding import FIRST
from domain.meetings import commands as c
from domain.meetings.agenda import arranged_agenda
from domain.meetings.deliveries import decision_source
from domain.meetings.meeting import AgendaItem, Attendance
from domain.meetings.terms import Outcome
from domain.office import Person
from domain.terms import Role
from services.founding import office_unit
from tests.support.meetings import THURSDAY, Session, convened, decision, in_session, item
from tests.support.office import ASSIST, FOR_LEADER, LEAD, PEOPLE, UNITS

SECRETARY = Person(id="office", name="林若谷", unit="office", role=Role.OFFICE, phone="0755-00000001")
NAMES = DirectoryNames.of((*UNITS, office_unit(FIRST)), (*PEOPLE, SECRETARY))
SIGNED = date(2022, 4, 1)
UPDATE, HOUSING = "区城市更新和土地整备局", "区住房和建设局"


def led(n: int, unit: str = "gengxin") -> AgendaItem:
    return item(n).model_copy(update={"lead": unit})


def notice(session: Session, items: Sequence[AgendaItem] = (), *, before: int = 3) -> Page:
    shown, now = arranged_agenda(session.m, items), THURSDAY - timedelta(days=before)
    return notice_page(session.m, shown, NAMES, session.rulebook.calendar, now, last_rescheduling(session.recorded))


def lines(page: Page) -> list[str]:
    return markdown_of(page).splitlines()


def minutes(session: Session) -> list[str]:
    return lines(minutes_page(session.m, NAMES, SIGNED))


def decided(items: Sequence[AgendaItem], *decisions: dict[str, Any]) -> Session:
    session = in_session(*items)
    for told in decisions:
        session.do(decision(**told), FOR_LEADER)
    return session


# --- 会议通知


def test_the_notice_says_when_where_who_reports_and_until_when_the_papers_are_wanted() -> None:
    page = notice(convened(place="指挥部一号会议室"), [led(1), led(2, "zhujian"), led(3), led(4, "office")])
    assert (page.title, page.issue) == ("关于召开月度指挥部会议的通知", "HY-2022-001")
    assert page.addressee == f"{UPDATE}、{HOUSING}"
    told = lines(page)
    assert "2022年3月31日（星期四）9时30分。" in told
    assert "指挥部一号会议室。" in told
    assert "吴七主持，主送单位负责同志和联络员参加。" in told
    assert f"2.第2件（XMH-2022-002，汇报单位：{HOUSING}）。" in told
    assert "1. 请汇报单位于2022年3月30日9时前将汇报材料报送指挥部办公室，届时议题即行确定。" in told
    assert "3. 联系人：林若谷，电话：0755-00000001。" in told


def test_the_parts_of_a_notice_are_numbered_from_the_first_level_on() -> None:
    """7.3.3: 一、 before （一）; what opens it has no number."""
    page = notice(convened(), [led(1)])
    told = lines(page)
    numbered = [line for line in told if line.startswith("### ")]
    labels = ("会议时间", "会议地点", "参会人员", "会议议题", "有关要求")
    assert numbered == [f"### {no}、{label}" for no, label in zip("一二三四五", labels, strict=True)]
    assert (
        told.index(f"{UPDATE}：")
        < next(n for n, line in enumerate(told) if "通知如下：" in line)
        < told.index(numbered[0])
    )
    html = Press().printed(page, "html").decode()
    assert [html.count(f">{no}、{label}</h2>") for no, label in zip("一二三四五", labels, strict=True)] == [1] * 5
    with zipfile.ZipFile(io.BytesIO(Press().printed(page, "docx"))) as archive:
        text = re.sub("<[^>]+>", "", archive.read("word/document.xml").decode())
    assert "一、会议时间" in text
    assert "一、定于" not in text
    assert "一、会议时间" in "".join(
        g.text for face in read_pdf(Press().printed(page, "pdf")).faces for g in face.glyphs
    )


def test_a_notice_without_items_goes_to_all_concerned_and_says_that_they_follow() -> None:
    page = notice(convened())
    assert page.addressee == "各有关单位"
    assert {"议题确定后另行通知。", "另行通知。"} <= set(lines(page))


def test_what_was_dropped_is_announced_to_nobody() -> None:
    session = convened()
    session.do(c.DropItem(key="matter/m2", title="第2件", reason="材料不齐"))
    page = notice(session, [led(1), led(2, "zhujian")])
    assert page.addressee == UPDATE
    assert not any("第2件" in line for line in lines(page))


def test_once_the_agenda_is_fixed_no_past_day_is_set_for_the_papers() -> None:
    session = convened()
    session.now = THURSDAY - timedelta(days=1)
    session.do(c.FreezeAgenda(proposed=(led(1),), position=7))
    told = lines(notice(session, before=1))
    assert "1. 议题已经确定，汇报材料尚未报送的，请汇报单位于会前将汇报材料报送指挥部办公室。" in told


def test_a_fixed_agenda_without_items_is_not_said_to_be_open_and_fixed_at_once() -> None:
    session = convened()
    session.now = THURSDAY - timedelta(days=1)
    session.do(c.FreezeAgenda(proposed=(), position=7))
    told = lines(notice(session, before=1))
    assert "议题另行通知。" in told
    assert not any("已经确定" in line or "确定后" in line for line in told)


def test_a_moved_meeting_is_announced_with_the_time_it_was_to_be_and_the_reason() -> None:
    session = convened()
    session.do(c.MoveMeeting(starts=THURSDAY + timedelta(days=1), reason="主持人另有公务"))
    page = notice(session)
    assert page.title == "关于月度指挥部会议改期的通知"
    opening = (
        "原定于2022年3月31日（星期四）9时30分召开的月度指挥部会议改期至2022年4月1日召开（主持人另有公务），"
        "现将有关事项通知如下："
    )
    assert opening in lines(page)


def test_of_two_moves_the_notice_names_the_time_before_the_last() -> None:
    session = convened()
    session.do(c.MoveMeeting(starts=THURSDAY + timedelta(days=1), reason="一"))
    session.do(c.MoveMeeting(starts=THURSDAY + timedelta(days=6), reason="二"))
    moved = last_rescheduling(session.recorded)
    assert moved is not None
    assert (moved.since, moved.reason) == (THURSDAY + timedelta(days=1), "二")


def test_nobody_is_called_to_a_meeting_that_is_cancelled_held_or_past() -> None:
    cancelled = convened()
    cancelled.do(c.CancelMeeting(reason="并入下月"))
    with pytest.raises(Refusal, match=r"已取消（并入下月），不能发会议通知"):
        notice(cancelled)
    with pytest.raises(Refusal, match="已召开，不再发会议通知"):
        notice(in_session())
    with pytest.raises(Refusal, match="时间已过；请先用 xmh meeting move 改期"):
        notice(convened(), before=0)


# --- 议程


def test_the_agenda_numbers_an_item_as_it_is_decided_on() -> None:
    session = in_session(led(1), led(2), led(3))
    session.do(c.DropItem(key="matter/m2", title="第2件", reason="材料不齐"))
    told = lines(agenda_page(session.m, session.m.items, NAMES))
    assert [line.partition("（")[0] for line in told if line[:1].isdigit()] == ["1.第1件", "3.第3件"]
    assert f"3.第3件（XMH-2022-003，汇报单位：{UPDATE}）【秘书增列】。" in told


# --- 纪要


def test_a_point_is_printed_under_the_number_it_is_cited_by() -> None:
    session = decided([led(1), led(2), led(3)], {"no": 1}, {"no": 1, "text": "再报"}, {"no": 2}, {"no": 3})
    session.do(c.SignMinutes(), FOR_LEADER)
    told = [line for line in minutes(session) if line[:1].isdigit() and "：" in line]
    assert [line.partition(".")[0] for line in told] == ["1", "2", "3", "4"]
    assert told[1] == f"2.会议要求继续推进，由{UPDATE}负责：再报。"
    assert decision_source(session.m, session.m.points[1]) == "香指纪〔2022〕1号第2项"


def test_an_item_taken_up_again_keeps_the_points_in_the_order_of_their_numbers() -> None:
    told = minutes(decided([led(1), led(2)], {"no": 1}, {"no": 2}, {"no": 1, "text": "补充"}))
    headings = [line for line in told if line.startswith("**（")]
    assert headings[-1] == "**（三）关于第1件（XMH-2022-001）（续议）**"
    assert told.index(headings[-1]) < told.index(f"3.会议要求继续推进，由{UPDATE}负责：补充。")


def test_a_withdrawn_point_leaves_its_number_unused_and_the_minutes_say_so() -> None:
    session = decided([led(1)], {"no": 1}, {"no": 1, "text": "误录"}, {"no": 1, "text": "照办"})
    session.do(c.WithdrawPoint(point=2, reason="误录"), FOR_LEADER)
    told = minutes(session)
    assert f"3.会议要求继续推进，由{UPDATE}负责：照办。" in told
    assert "第2项议定已经撤回，序号不再使用。" in told
    assert not any("误录" in line for line in told)


def test_each_point_names_who_does_it_with_whom_and_until_when() -> None:
    session = decided(
        [led(1)],
        {"no": 1, "outcome": Outcome.LIMITED, "due": date(2022, 5, 31), "lead": ASSIST, "assist": (LEAD,)},
    )
    assert f"1.会议要求限期办理，由{HOUSING}负责，{UPDATE}配合，于2022年5月31日前完成：抓紧推进。" in minutes(session)


def test_an_item_without_an_outcome_is_said_to_be_left_and_not_counted_as_discussed() -> None:
    told = minutes(decided([led(1), led(2)], {"no": 1}))
    assert "会议研究议题1项，形成议定事项1项，现纪要如下。" in told
    assert "议题“第2件”本次未议。" in told


def test_a_new_matter_is_not_put_upon_the_unit_of_the_item_it_came_up_under() -> None:
    new = {"no": 1, "outcome": Outcome.NEW_MATTER, "due": date(2022, 6, 30), "new_title": "另立一件"}
    assert "1.会议议定新立项“另立一件”，于2022年6月30日前完成：抓紧推进。" in minutes(decided([led(1)], new))


def test_who_was_there_stands_after_the_text_with_units_and_who_took_the_minutes() -> None:
    session = decided([led(1)], {"no": 1})
    there = Attendance(present=("leader", "li", "office", "head"), observers=("市规划院陈工",), leave=("zhao",))
    session.do(c.RecordAttendance(attendance=there))
    told = [line for line in minutes(session) if line]
    at = told.index("### 三、参会人员")
    assert told[at + 1 : at + 5] == [
        f"**出席：**{office_unit(FIRST).name}吴七、林若谷；{UPDATE}李三、孙四",
        f"**请假：**{HOUSING}赵五",
        "**列席：**市规划院陈工",
        "**记录：**林若谷",
    ]


def test_attendance_nobody_recorded_is_said_to_be_missing() -> None:
    assert "**出席：**未登记" in minutes(in_session())


def test_the_minutes_go_to_every_unit_with_something_to_do_once() -> None:
    session = decided([led(1), led(2)], {"no": 1, "assist": (ASSIST,)}, {"no": 2})
    page = minutes_page(session.m, NAMES, SIGNED)
    assert page.imprint is not None
    assert page.imprint.lines == (f"发：{UPDATE}，{HOUSING}。",)
    assert page.addressee is None


def test_a_meeting_with_a_name_of_its_own_is_called_by_it() -> None:
    session = convened(title="国际交流中心用地专题会", place="一号会议室")
    session.now = THURSDAY
    session.do(c.FreezeAgenda(proposed=(), position=7))
    session.do(c.OpenMeeting())
    told = minutes(session)
    held = "2022年3月31日9时30分，吴七在一号会议室主持召开2022年第1次月度指挥部会议（国际交流中心用地专题会）。"
    assert held in told
    assert "会议研究议题0项，没有形成议定事项。" in told


def test_a_meeting_that_was_not_held_has_no_minutes() -> None:
    with pytest.raises(Refusal, match="HY-2022-001 已安排，没有会议纪要"):
        minutes(convened())


# --- 版式


@pytest.mark.parametrize("points", [1, 10, 35])
def test_no_clause_of_the_standard_is_broken_however_many_points(tmp_path: Path, points: int) -> None:
    asked = "会同配合单位完成用地权属核查和补偿测算，6月底前移交土地，确保主体工程按序时进度推进" * 2
    units = ("gengxin", "zhujian")
    items = [led(n, units[n % 2]).model_copy(update={"text": asked}) for n in range(1, points + 1)]
    session = decided(items, *({"no": n, "text": asked, "assist": (ASSIST,)} for n in range(1, points + 1)))
    session.do(c.RecordAttendance(attendance=Attendance(present=("leader", "office", "li", "zhao"))))
    session.do(c.SignMinutes(), FOR_LEADER)
    pages = {
        "会议通知": notice(convened(place="一号会议室"), items),
        "议程": agenda_page(session.m, session.m.items, NAMES),
        "纪要": minutes_page(session.m, NAMES, SIGNED),
    }
    for name, page in pages.items():
        for kind in ("pdf", "docx"):
            path = tmp_path / f"{name}.{kind}"
            path.write_bytes(Press().printed(page, kind))
            assert check_layout(path).failed == (), path.name
