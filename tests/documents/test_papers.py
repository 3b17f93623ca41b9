"""督办单, 催办单, 批复, 结论: what each says, and the 文号 it gets."""

from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from documents.checking.pdf_reading import Glyph, read_pdf
from documents.checking.report import check_layout
from documents.formats import standard as gb
from documents.formats.markdown import markdown_of
from documents.formats.press import Press
from documents.ledger import read_ledger
from documents.page import Paragraph, Section
from documents.papers.forms import LATE, ORDERING, TEMPLATE, compose_paper
from documents.wording import cited
from domain import commands as c
from domain.base import Refusal
from domain.facts import UnitRef
from domain.office import Unit, UnitRecorded
from domain.papers import PaperKind
from domain.terms import Supervision, UnitLevel, Urgency
from eventlog.database import Database
from eventlog.secrets import seal_text
from eventlog.verify import verify
from services.issuing.papers import issue_paper, record_void_paper
from services.office_records import record_office_events
from tests.documents.quarter import HALL, LAND, POWER, WORDS, play
from tests.support.clock import open_log
from tests.support.history import act
from tests.support.homes import at
from tests.support.office import FOR_LEADER, LIAISON, OFFICE, opening
from tests.support.streams import DIRECTORY_STREAM
from views.papers import paper_ledger

NOW = at("2022-04-01")


@pytest.fixture
def played(log: Database) -> Database:
    play(log)
    return log


def said(log: Database, stream: str, kind: PaperKind) -> str:
    return markdown_of(compose_paper(read_ledger(log, NOW), stream, kind).page())


def issued(log: Database, home: Path, stream: str, kind: PaperKind, **change: Any) -> Any:
    return issue_paper(log, home, stream, kind, **{"signer": FOR_LEADER, "now": NOW, **change})


def test_the_form_of_an_instructed_matter_names_the_leader_and_never_quotes_him(played: Database) -> None:
    text = said(played, HALL, PaperKind.SUPERVISION)
    assert "吴七批示（工作秘密） |" in text
    assert "领导批示为工作秘密，不得擅自扩散" in text
    assert "主体结构封顶（4月15日前）" in text
    assert WORDS not in text


def test_the_form_of_a_decided_matter_names_the_meeting(log: Database) -> None:
    act(log, LAND, opening("协调二期用地收储", date(2022, 5, 25)), OFFICE, at("2022-03-01"))
    decision = c.RecordDecision(meeting="第五次工作会议", text="月底前签约")
    act(log, LAND, decision, FOR_LEADER, at("2022-03-02"))
    text = said(log, LAND, PaperKind.SUPERVISION)
    assert "；第五次工作会议议定：月底前签约 |" in text


def test_an_urge_that_was_answered_asks_for_nothing_more(log: Database) -> None:
    act(log, LAND, opening("协调二期用地收储", date(2022, 5, 25)), OFFICE, at("2022-03-01"))
    act(log, LAND, c.AcceptReceipt(), LIAISON, at("2022-03-01", "11:00"))
    act(log, LAND, c.IssueUrge(reason="请补充红线图"), OFFICE, at("2022-03-02"))
    assert "目前尚未完成的有：请补充红线图。至今没有收到反馈。" in said_on(log, "2022-03-02", "12:00")
    act(log, LAND, c.SubmitFeedback(text="红线图已补充。"), LIAISON, at("2022-03-03"))
    with pytest.raises(Refusal, match="催办之后已于 2022-03-03 反馈"):
        said_on(log, "2022-03-03", "12:00")
    assert "请补充红线图" in said_on(log, "2022-03-03", "12:00", ORDERING), "what was issued then, as it was"
    act(log, LAND, c.IssueUrge(reason="请附测绘报告"), OFFICE, at("2022-03-08"))
    assert "目前尚未完成的有：请附测绘报告。" in said_on(log, "2022-03-08", "12:00")


def said_on(log: Database, day: str, clock: str, template: str = TEMPLATE) -> str:
    return markdown_of(compose_paper(read_ledger(log, at(day, clock)), LAND, PaperKind.URGE, template).page())


def test_an_urge_names_its_note_the_last_report_and_what_follows(played: Database) -> None:
    text = said(played, LAND, PaperKind.URGE)
    assert "（催〔2022〕5号，第" in text
    assert "最近一次反馈为2022年2月24日。" in text
    assert "办结时限2022年3月25日。目前尚未完成的有：事项逾期5个工作日未办结" in text
    assert "的催办单（红色）" in text
    assert "请于2022年4月6日前书面反馈" in text, "红色的两个工作日，清明放假三天、4月2日上班"


def test_a_supervision_form_stands_on_one_face_with_its_receipt_and_nobody_signs_below_the_date(
    played: Database, home: Path
) -> None:
    done = issued(played, home, HALL, PaperKind.SUPERVISION)
    data = done.files["pdf"].read_bytes()
    assert len(read_pdf(data).faces) == 1
    assert check_layout(done.files["pdf"]).failed == (), "the red head stands where 7.2.4 wants it"
    text = done.files["md"].read_text(encoding="utf-8")
    assert "| 办理情况 |" in text
    assert "经办人：" in text
    assert "前首次反馈" in text
    assert "签发：" not in text
    assert done.event.signer == "leader"


@pytest.mark.parametrize(
    ("due", "wanted"),
    [
        (date(2022, 5, 31), "2022年3月9日前首次反馈，其后"),
        (date(2022, 3, 9), "2022年3月9日前反馈办理结果，要点逐项说明"),
        (date(2022, 3, 4), "2022年3月4日前反馈办理结果，要点逐项说明"),
        (date(2022, 3, 1), "已过办结时限，请于2022年3月4日前反馈未办结的原因和明确的完成时间"),
    ],
)
def test_a_supervision_form_asks_for_no_first_report_after_the_limit(log: Database, due: date, wanted: str) -> None:
    act(log, LAND, opening("协调二期用地收储", due), OFFICE, at("2022-02-28"))
    ledger = read_ledger(log, at("2022-03-02"))
    form, before = (
        markdown_of(compose_paper(ledger, LAND, PaperKind.SUPERVISION, template).page())
        for template in (TEMPLATE, LATE)
    )
    assert f"| 反馈期限 | {wanted}" in form
    assert "| 反馈期限 | 2022年3月9日前首次反馈，其后" in before, "what was issued then, as it was"


def test_a_supervision_form_leaves_its_reader_all_the_room_there_is(played: Database) -> None:
    page = compose_paper(read_ledger(played, NOW), HALL, PaperKind.SUPERVISION).page("香指办督〔2022〕7号")
    [face] = read_pdf(Press().printed(page, "pdf")).faces
    last = max(g.y for g in face.glyphs if g.text == "月")  # of 印发
    signed = max(g.y for g in face.glyphs if g.text == "月" and g.y < last - 1)
    assert last - signed < 30, "between the date and 印发 stand the rule and room for the seal, and nothing else"


def test_a_line_before_the_number_of_a_matter_is_not_set_wide_apart(played: Database) -> None:
    page = compose_paper(read_ledger(played, NOW), HALL, PaperKind.ASSIGNMENT).page("香指办督〔2022〕7号")
    for more in range(14):
        text = (
            f"根据工作计划，{'一' * more}关于推进国际交流中心一期主体施工的事项（XMH-2022-001）现交由你单位牵头办理。"
        )
        section = Section(title="甲", blocks=(Paragraph(text=text),))
        faces = read_pdf(Press().printed(page.model_copy(update={"sections": (section,)}), "pdf")).faces
        rows: dict[float, list[Glyph]] = {}
        for glyph in faces[0].glyphs:
            rows.setdefault(round(glyph.y, 1), []).append(glyph)
        [first] = [row for row in rows.values() if "根据工作" in "".join(g.text for g in row)]
        assert max(b.x - a.x for a, b in pairwise(first)) < 6.5, "millimetres; a character is 5.6 wide"


def test_an_instructed_urgent_matter_is_marked_in_the_first_lines_and_still_stands_on_one_face(log: Database) -> None:
    title = "推动改革开放展览馆建筑群开工，完成基坑支护、土石方和首批桩基础"
    assist = tuple(UnitRef(id=unit, supervision=Supervision.OBJECT) for unit in ("zhujian", "gengxin"))
    urgent = opening(title, date(2022, 6, 30), urgency=Urgency.URGENT, assist=assist)
    act(log, HALL, urgent, OFFICE, at("2022-03-01"))
    words = c.RecordInstruction(leader="leader", text=seal_text(log, HALL, WORDS))
    act(log, HALL, words, FOR_LEADER, at("2022-03-02"))
    page = compose_paper(read_ledger(log, at("2022-03-03")), HALL, PaperKind.SUPERVISION).page("香指办督〔2022〕7号")
    assert page.marking == "工作秘密\n加急"
    faces = read_pdf(Press().printed(page, "pdf")).faces
    assert len(faces) == 1
    printed = "".join(glyph.text for glyph in faces[0].glyphs)
    assert printed.index("工作秘密") < printed.index("加急") < printed.index("督办单")


def test_an_urge_wears_its_colour_and_an_ordinary_paper_none(played: Database) -> None:
    page = compose_paper(read_ledger(played, NOW), LAND, PaperKind.URGE).page()
    assert (page.colour, page.title[-4:]) == ("红", "（红色）")
    for kind, told in (("html", f"3mm solid {gb.TINTS['红']}"), ("md", "（红色）")):
        assert told in Press().printed(page, kind).decode()
    plain = page.model_copy(update={"colour": None})
    assert Press().printed(page, "pdf") != Press().printed(plain, "pdf")
    assert compose_paper(read_ledger(played, NOW), HALL, PaperKind.SUPERVISION).page().colour is None


@pytest.mark.parametrize(
    ("text", "no", "said"),
    [
        ("《2022年工作计划》香指办〔2022〕1号", None, "《2022年工作计划》（香指办〔2022〕1号）"),
        ("2022年工作计划", "香指办〔2022〕1号", "《2022年工作计划》（香指办〔2022〕1号）"),
        ("《2022年工作计划》（香指办〔2022〕1号）", "香指办〔2022〕1号", "《2022年工作计划》（香指办〔2022〕1号）"),
        ("第五次工作会议", None, "第五次工作会议"),
        ("在《排查报告》上的批示", "香指批〔2022〕5号", "在《排查报告》上的批示（香指批〔2022〕5号）"),
        ("关于《实施方案》的批复", "深府〔2022〕8号", "《关于〈实施方案〉的批复》（深府〔2022〕8号）"),
    ],
)
def test_a_document_is_cited_by_its_name_and_number(text: str, no: str | None, said: str) -> None:
    assert cited(text, no) == said
    if no and "《" in text[1:]:
        assert cited(text, no, former=True) == f"《{text}》（{no}）", "printed again as it was"


def test_an_extension_is_answered_by_what_was_granted(played: Database) -> None:
    text = said(played, POWER, PaperKind.EXTENSION)
    assert "办结时限延至2022年3月18日的申请收悉。申请理由：专家评审延后。" in text
    assert "经研究，同意延至2022年3月18日。同意。" in text


def test_a_conclusion_states_the_right_of_objection(played: Database) -> None:
    text = said(played, POWER, PaperKind.CONCLUSION)
    assert "经审核，该事项按期办结，于2022年3月11日销号。" in text
    assert "可自结论作出之日起30日内向指挥部办公室书面提出" in text


def test_problems_are_listed_with_the_day_of_the_answer(played: Database) -> None:
    text = said(played, LAND, PaperKind.PROBLEM)
    assert "1. 办理逾期。该事项应于2022年3月25日前办结，目前逾期" in text
    assert "逐项说明原因、整改措施、责任人和完成时间" in text
    assert "于2022年4月11日前书面反馈" in text, "清明放假三天、4月2日上班"


@pytest.mark.parametrize(
    ("stream", "kind", "words"),
    [
        (HALL, PaperKind.EXTENSION, "没有已答复的延期申请"),
        (HALL, PaperKind.CONCLUSION, "还没有办结"),
        (POWER, PaperKind.URGE, "已销号，不能再制发催办单"),
        ("matter/none", PaperKind.SUPERVISION, "没有这个督办事项"),
    ],
)
def test_what_did_not_happen_is_not_told(played: Database, stream: str, kind: PaperKind, words: str) -> None:
    with pytest.raises(Refusal, match=words):
        said(played, stream, kind)


def test_a_city_department_is_asked_by_letter(log: Database, home: Path) -> None:
    unit = Unit(id="shigongwu", name="市建筑工务署", level=UnitLevel.CITY, supervision=Supervision.BY_LETTER)
    record_office_events(
        log, DIRECTORY_STREAM, [UnitRecorded(unit=unit)], actor=OFFICE, command_id="u", now=at("2022-03-01")
    )
    lead = UnitRef(id="shigongwu", supervision=Supervision.BY_LETTER)
    act(log, LAND, opening("办结“一书两证”", date(2022, 5, 25), lead=lead), OFFICE, at("2022-03-01"))
    text = said(log, LAND, PaperKind.ASSIGNMENT)
    assert text.splitlines()[0] == "# 香蜜湖片区建设指挥部办公室"
    assert "关于商请办理“办结‘一书两证’”的函" in text
    assert "现商请贵单位牵头办理" in text
    assert "商请时限：恳请于2022年5月25日前办结；如有困难，请函告可行的时限" in text
    assert "专此函商，请予支持。" in text
    assert not any(words in text for words in ("你单位", "通知如下", "签收", "须", "逾期")), "a request, no order"
    before = markdown_of(compose_paper(read_ledger(log, NOW), LAND, PaperKind.ASSIGNMENT, ORDERING).page())
    assert "有关事项通知如下：" in before, "what was issued then is printed again as it was"
    asked = said(log, LAND, PaperKind.SUPERVISION)
    assert "专此函商，请予支持。" in asked
    assert not any(cell in asked for cell in ("回执", "办理情况 |", "（盖章）")), "it is answered by 函"
    done = issued(log, home, LAND, PaperKind.ASSIGNMENT, now=at("2022-03-02"))
    assert done.event.number == "香指办函〔2022〕1号"


# --- 文号


def test_numbers_follow_each_other_without_leading_zero_and_files_carry_them(played: Database, home: Path) -> None:
    first = issued(played, home, HALL, PaperKind.SUPERVISION)
    second = issued(played, home, POWER, PaperKind.CONCLUSION)
    assert [first.event.number, second.event.number] == ["香指办督〔2022〕1号", "香指办督〔2022〕2号"]
    assert "**香指办督〔2022〕1号**" in first.files["md"].read_text(encoding="utf-8")
    assert first.files["docx"].name == "香指办督〔2022〕1号.docx"
    assert verify(played).ok


def test_one_event_is_papered_once_and_a_later_one_again(played: Database, home: Path) -> None:
    first = issued(played, home, LAND, PaperKind.URGE)
    assert issued(played, home, LAND, PaperKind.URGE).event == first.event
    act(played, LAND, c.IssueUrge(reason="仍未移交"), OFFICE, at("2022-04-06"))
    later = issued(played, home, LAND, PaperKind.URGE, now=at("2022-04-06", "11:00"))
    assert later.event.no == first.event.no + 1


def test_nobody_but_a_leader_signs(played: Database, home: Path) -> None:
    with pytest.raises(Refusal, match="领导签发"):
        issued(played, home, HALL, PaperKind.SUPERVISION, signer=OFFICE)
    assert paper_ledger(played) == ()


def test_a_void_number_stays_and_the_next_paper_has_the_next(played: Database, home: Path) -> None:
    first = issued(played, home, HALL, PaperKind.SUPERVISION).event.number
    record_void_paper(played, first, "主送单位有误", actor=FOR_LEADER, now=NOW)
    with pytest.raises(Refusal, match="已经作废"):
        record_void_paper(played, first, "再次", actor=FOR_LEADER, now=NOW)
    with pytest.raises(Refusal, match="没有文号"):
        record_void_paper(played, "香指办督〔2022〕9号", "无", actor=FOR_LEADER, now=NOW)
    second = issued(played, home, HALL, PaperKind.SUPERVISION).event.number
    assert [(p.number, p.void) for p in paper_ledger(played)] == [(first, "主送单位有误"), (second, None)]
    assert second == "香指办督〔2022〕2号"


def test_a_lost_file_is_printed_again_and_an_altered_one_is_named(played: Database, home: Path) -> None:
    done = issued(played, home, HALL, PaperKind.SUPERVISION)
    before = done.files["docx"].read_bytes()
    done.files["docx"].unlink()
    act(played, HALL, c.IssueUrge(reason="补充催办"), OFFICE, at("2022-04-02"))
    assert issued(played, home, HALL, PaperKind.SUPERVISION).files["docx"].read_bytes() == before
    done.files["md"].write_text("改过", encoding="utf-8")
    with pytest.raises(Refusal, match="文件已被改动"):
        issued(played, home, HALL, PaperKind.SUPERVISION)


def test_a_folder_that_cannot_be_written_leaves_no_number(played: Database, home: Path) -> None:
    (home / "documents").mkdir(exist_ok=True)
    (home / "documents" / "督办公文").write_text("不是目录")
    with pytest.raises(Refusal, match="没有编号"):
        issued(played, home, HALL, PaperKind.SUPERVISION)
    assert paper_ledger(played) == ()


def test_a_number_already_on_paper_is_not_given_again_by_an_older_log(played: Database, home: Path) -> None:
    folder = home / "documents" / "督办公文"
    folder.mkdir(parents=True)
    (folder / "香指办督〔2022〕7号.docx").write_bytes(b"")
    assert issued(played, home, HALL, PaperKind.SUPERVISION).event.number == "香指办督〔2022〕8号"
    assert verify(played).ok


@pytest.fixture
def many(log: Database) -> Iterator[Database]:
    for n in range(20):
        act(log, f"matter/m{n}", opening(f"任务{n}号", date(2022, 6, 30)), OFFICE, at("2022-03-01"))
    yield log


def test_twenty_who_sign_at_once_get_twenty_numbers(many: Database, home: Path) -> None:
    done: list[str] = []

    def sign(n: int) -> None:
        with open_log(many.url) as own:
            done.append(issued(own, home, f"matter/m{n}", PaperKind.SUPERVISION).event.number)

    threads = [Thread(target=sign, args=(n,)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == sorted(f"香指办督〔2022〕{n}号" for n in range(1, 21))
    assert [p.number for p in paper_ledger(many)] == [f"香指办督〔2022〕{n}号" for n in range(1, 21)]
    assert len(list((home / "documents" / "督办公文").glob("*.docx"))) == 20
