"""The yearly holiday notice in its wordings of 2019 to 2026, checked against the data of `chinesecalendar`.

The sentences about each holiday follow the form of the public notices; the rest is our own.
"""

from datetime import date, timedelta
from pathlib import Path

import pytest
from chinese_calendar import is_workday
from docx import Document

from domain.base import Refusal
from domain.calendar import DayOverride
from intake.holidays import read_holidays
from intake.notice import parse_notice, read_notice

HEAD = "关于{year}年部分节假日安排的通知\n（国办发明电〔{before}〕{no}号）\n各单位：现将{year}年放假安排通知如下。\n"
TAIL = "\n节假日期间，请各单位妥善安排值班和安全保卫等工作，遇有重大突发事件及时报告。"
NOTICES = {
    2019: (
        "一、元旦：2018年12月30日至2019年1月1日放假调休，共3天。2018年12月29日（星期六）上班。\n"
        "二、春节：2月4日至10日放假调休，共7天。2月2日（星期六）、2月3日（星期日）上班。\n"
        "三、清明节：4月5日放假，与周末连休。\n"
        "四、劳动节：5月1日至4日放假调休，共4天。4月28日（星期日）、5月5日（星期日）上班。\n"
        "五、端午节：6月7日放假，与周末连休。\n六、中秋节：9月13日放假，与周末连休。\n"
        "七、国庆节：10月1日至7日放假调休，共7天。9月29日（星期日）、10月12日（星期六）上班。"
    ),
    2020: (
        "一、元旦：2020年1月1日放假，共1天。\n"
        "二、春节：1月24日至30日放假调休，共7天。1月19日（星期日）、2月1日（星期六）上班。\n"
        "三、清明节：4月4日至6日放假调休，共3天。\n"
        "四、劳动节：5月1日至5日放假调休，共5天。4月26日（星期日）、5月9日（星期六）上班。\n"
        "五、端午节：6月25日至27日放假调休，共3天。6月28日（星期日）上班。\n"
        "六、国庆节、中秋节：10月1日至8日放假调休，共8天。9月27日（星期日）、10月10日（星期六）上班。"
    ),
    2021: (
        "一、元旦：2021年1月1日至3日放假，共3天。\n"
        "二、春节：2月11日至17日放假调休，共7天。2月7日（星期日）、2月20日（星期六）上班。\n"
        "三、清明节：4月3日至5日放假调休，共3天。\n"
        "四、劳动节：5月1日至5日放假调休，共5天。4月25日（星期日）、5月8日（星期六）上班。\n"
        "五、端午节：6月12日至14日放假，共3天。\n"
        "六、中秋节：9月19日至21日放假调休，共3天。9月18日（星期六）上班。\n"
        "七、国庆节：10月1日至7日放假调休，共7天。9月26日（星期日）、10月9日（星期六）上班。"
    ),
    2022: (
        "一、元旦：2022年1月1日至3日放假，共3天。\n"
        "二、春节：1月31日至2月6日放假调休，共7天。1月29日（星期六）、1月30日（星期日）上班。\n"
        "三、清明节：4月3日至5日放假调休，共3天。4月2日（星期六）上班。\n"
        "四、劳动节：4月30日至5月4日放假调休，共5天。4月24日（星期日）、5月7日（星期六）上班。\n"
        "五、端午节：6月3日至5日放假，共3天。\n六、中秋节：9月10日至12日放假，共3天。\n"
        "七、国庆节：10月1日至7日放假调休，共7天。10月8日（星期六）、10月9日（星期日）上班。"
    ),
    2023: (
        "一、元旦：2022年12月31日至2023年1月2日放假调休，共3天。\n"
        "二、春节：1月21日至27日放假调休，共7天。1月28日（星期六）、1月29日（星期日）上班。\n"
        "三、清明节：4月5日放假，共1天。\n"
        "四、劳动节：4月29日至5月3日放假调休，共5天。4月23日（星期日）、5月6日（星期六）上班。\n"
        "五、端午节：6月22日至24日放假调休，共3天。6月25日（星期日）上班。\n"
        "六、中秋节、国庆节：9月29日至10月6日放假调休，共8天。10月7日（星期六）、10月8日（星期日）上班。"
    ),
    2024: (
        "一、元旦：1月1日放假，与周末连休。\n"
        "二、春节：2月10日至17日放假调休，共8天。2月4日（星期日）、2月18日（星期日）上班。"
        "鼓励各单位结合带薪年休假等制度落实，安排职工在除夕（2月9日）休息。\n"
        "三、清明节：4月4日至6日放假调休，共3天。4月7日（星期日）上班。\n"
        "四、劳动节：5月1日至5日放假调休，共5天。4月28日（星期日）、5月11日（星期六）上班。\n"
        "五、端午节：6月10日放假，与周末连休。\n"
        "六、中秋节：9月15日至17日放假调休，共3天。9月14日（星期六）上班。\n"
        "七、国庆节：10月1日至7日放假调休，共7天。9月29日（星期日）、10月12日（星期六）上班。"
    ),
    2025: (
        "一、元旦：1月1日（周三）放假1天，不调休。\n"
        "二、春节：1月28日（农历除夕、周二）至2月4日（农历正月初七、周二）放假调休，共8天。"
        "1月26日（周日）、2月8日（周六）上班。\n"
        "三、清明节：4月4日（周五）至6日（周日）放假，共3天。\n"
        "四、劳动节：5月1日（周四）至5日（周一）放假调休，共5天。4月27日（周日）上班。\n"
        "五、端午节：5月31日（周六）至6月2日（周一）放假，共3天。\n"
        "六、国庆节、中秋节：10月1日（周三）至8日（周三）放假调休，共8天。9月28日（周日）、10月11日（周六）上班。"
    ),
    2026: (
        "一、元旦：1月1日（周四）至3日（周六）放假调休，共3天。1月4日（周日）上班。\n"
        "二、春节：2月15日（农历腊月二十八、周日）至23日（农历正月初七、周一）放假调休，共9天。"
        "2月14日（周六）、2月28日（周六）上班。\n"
        "三、清明节：4月4日（周六）至6日（周一）放假，共3天。\n"
        "四、劳动节：5月1日（周五）至5日（周二）放假调休，共5天。5月9日（周六）上班。\n"
        "五、端午节：6月19日（周五）至21日（周日）放假，共3天。\n六、中秋节：9月25日（周五）至27日（周日）放假，共3天。\n"
        "七、国庆节：10月1日（周四）至7日（周三）放假调休，共7天。9月20日（周日）、10月10日（周六）上班。"
    ),
}
LATER = {2020: {date(2020, 1, 31), date(2020, 2, 1)}}
"""Days a later notice decided otherwise: the 春节 of 2020 was prolonged."""


def notice(year: int) -> str:
    return HEAD.format(year=year, before=year - 1, no=7) + NOTICES[year] + TAIL


@pytest.mark.parametrize("year", NOTICES)
def test_every_day_of_the_notice_is_as_the_published_data_say(year: int) -> None:
    found = parse_notice(notice(year))
    assert (found.year, found.source) == (year, f"国办发明电〔{year - 1}〕7号")
    differing = set()
    day = date(year, 1, 1)
    while day.year == year:
        works = day in found.work or (day.weekday() < 5 and day not in found.off)
        if works is not bool(is_workday(day)):
            differing.add(day)
        day += timedelta(days=1)
    assert differing == LATER.get(year, set())


def test_what_a_notice_decides_in_the_year_before_is_told_apart() -> None:
    reason = "2019年节假日安排（国办发明电〔2018〕7号）"
    assert parse_notice(notice(2019)).outside == (
        DayOverride(day=date(2018, 12, 29), workday=True, reason=reason),
        DayOverride(day=date(2018, 12, 31), workday=False, reason=reason),
    )
    assert parse_notice(notice(2023)).outside == (), "2022-12-31 is a Saturday anyway"


def test_broken_lines_full_width_figures_and_markdown_do_not_matter() -> None:
    text = notice(2026)
    wide = text.translate({ord("0") + n: ord("０") + n for n in range(10)})
    broken = "\n".join(wide[n : n + 11] for n in range(0, len(wide), 11))
    assert parse_notice(broken) == parse_notice(text)
    assert parse_notice("# " + text.replace("元旦", "**元旦**")) == parse_notice(text)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("1月4日（周日）", "1月4日（周一）", "1月4日是星期日，写的却是星期一"),
        ("1月1日（周四）至", "1月1日（周五）至", "1月1日是星期四，写的却是星期五"),
        ("共9天", "共8天", "春节：写的是共8天，2月15日（星期日）至2月23日（星期一）却是9天"),
        ("2月14日（周六）、", "2月13日、", "2月13日（星期五）本来上班，不能列为调休上班"),
        ("9月20日（周日）", "9月26日", "9月26日（星期六）既放假又上班"),
        ("至23日（农历正月初七、周一）", "至2日", "起止有误"),
        ("4月4日（周六）", "4月31日", "没有2026年4月31日这一天"),
        ("六、中秋节：9月25日（周五）至27日（周日）放假，共3天。\n", "", "缺少中秋的安排"),
        ("5月9日（周六）上班", "5月9日（周六）视情况上班", "看不懂“5月9日"),
        ("2026年", "明年", "看不出是哪一年"),
    ],
)
def test_a_notice_that_contradicts_itself_is_refused_in_one_line_that_names_it(old: str, new: str, words: str) -> None:
    text = notice(2026)
    assert old in text
    with pytest.raises(Refusal) as refused:
        parse_notice(text.replace(old, new))
    assert words in refused.value.message
    assert "\n" not in refused.value.message
    assert refused.value.code == "malformed"


def test_a_notice_comes_as_text_or_word(tmp_path: Path) -> None:
    wanted = parse_notice(notice(2026))
    for name, encoding in (("通知.txt", "utf-8"), ("旧.txt", "gb18030"), ("通知.md", "utf-8-sig")):
        (tmp_path / name).write_text(notice(2026), encoding=encoding)
        assert read_notice(tmp_path / name) == wanted
    word = Document()
    for line in notice(2026).splitlines():
        word.add_paragraph(line)
    word.save(str(tmp_path / "通知.docx"))
    sheet = read_holidays(tmp_path / "通知.docx").sheet
    assert sheet is not None
    assert (sheet.year, sheet.off, sheet.work) == (2026, wanted.off, wanted.work)


@pytest.mark.parametrize(("name", "data"), [("空.txt", b""), ("图.txt", b"\xff\xfe\x00\x81\xff"), ("坏.docx", b"PK")])
def test_a_file_that_is_no_notice_is_one_line(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(Refusal) as refused:
        read_notice(tmp_path / name)
    assert refused.value.message.startswith(name)
