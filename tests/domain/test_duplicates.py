"""Which titles mean the same matter."""

import pytest

from domain.duplicates import title_key

SAME = (
    ("推进国际交流中心一期主体施工", "加快国际交流中心一期主体施工"),
    ("推进国际交流中心一期主体施工", "持续加快推进 国际交流中心１期主体施工。"),
    ("完成《香蜜湖片区规划》修编", "完成香蜜湖片区规划修编"),
    ("筹备第十二次联席会议", "筹备第12次联席会议"),
    ("编制二〇二二年工作计划", "编制2022年工作计划"),
    ("研究ABC方案（初稿）", "研究ａｂｃ方案 初稿"),
)
DIFFERENT = (
    ("启动基坑支护施工", "完成基坑支护施工"),
    ("推进一期主体施工", "推进二期主体施工"),
    ("推进一、二期主体施工", "推进十二期主体施工"),
    ("落实投资1.5亿元", "落实投资15亿元"),
    ("协调推进用地收储", "推进用地收储"),
    ("推进", "加快"),
)


@pytest.mark.parametrize(("one", "other"), SAME)
def test_titles_that_differ_only_in_how_they_are_written_are_one_matter(one: str, other: str) -> None:
    assert title_key(one) == title_key(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_titles_that_differ_in_what_is_to_be_done_are_two(one: str, other: str) -> None:
    assert title_key(one) != title_key(other)


@pytest.mark.parametrize(
    ("text", "number"),
    [("十", "10"), ("二十", "20"), ("一百零五", "105"), ("三千二百一十", "3210"), ("一千零一", "1001"), ("百", "百")],
)
def test_numerals_are_read_as_numbers(text: str, number: str) -> None:
    assert title_key(text) == number
