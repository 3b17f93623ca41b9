"""`xmh task surge` on a served home: on, moved, off."""

from datetime import UTC, datetime, timedelta

from domain.calendar import local_date
from tests.support.command_line import CommandLine


def test_a_surge_is_started_moved_and_ended(service: None, xmh: CommandLine) -> None:
    today = local_date(datetime.now(UTC))
    day, later = (today + timedelta(days=20)).isoformat(), (today + timedelta(days=30)).isoformat()
    numbers = []
    for title in ("任务甲", "任务乙"):
        opened = xmh.json(
            "task", "open", "--title", title, "--basis", "工作计划", "--due", "2027-06-30", "--lead", "gengxin"
        )
        xmh("task", "accept", opened["matter"], actor="li")
        numbers.append(opened["matter"])
    done = xmh.json("task", "surge", *numbers, "--campaign", "开工活动", "--until", day, "--every-day")
    assert [d["matter"] for d in done] == numbers
    assert f"开工活动，至 {day}，周末和节假日也报" in xmh("task", "show", numbers[0]).out
    assert (
        f"反馈：每天（含周末和节假日），开工活动一日一调度，至 {day}，此后每周" in xmh("task", "show", numbers[0]).out
    )
    assert "17:00截止" in xmh("audit", "explain", numbers[0]).out
    assert xmh("task", "surge", numbers[0], "--campaign", "另一场", "--until", day).code == 3
    between = (today + timedelta(days=25)).isoformat()
    moved = xmh.json("task", "surge", "--campaign", "开工活动", "--move", between, "--reason", "活动推迟")
    assert [d["matter"] for d in moved] == numbers
    assert f"一日一调度，至 {between}" in xmh("task", "show", numbers[1]).out
    assert "没有事项正在为“无此活动”" in xmh("task", "surge", "--campaign", "无此活动", "--end").err
    assert xmh("task", "surge", "--campaign", "又一场", "--until", day).code == 2
    assert xmh("task", "surge", numbers[0], "--move", later, "--reason", "延期").code == 0
    assert xmh("task", "surge", numbers[0], "--move", later, "--end").code == 2
    assert xmh("task", "surge", numbers[0], "--until", day).code == 2
    assert xmh("task", "surge", numbers[0], "--end", "--reason", "取消").code == 0
    steps = xmh("audit", "replay", numbers[0], "--step").out
    assert f"一日一调度：开工活动，至{later}，每天都报" in steps
    assert xmh("task", "surge", numbers[1], "--end", actor="li").code == 3
