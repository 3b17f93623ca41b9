"""What is said of single points and indicators, as it is typed."""

from cli.session import Problem
from domain.facts import IndicatorReport, PointReport
from domain.queries.reported import scaled_number


def point_report(text: str) -> PointReport:
    """What is reported of a point, from `N:PROGRESS[:TEXT]`, full-width signs too.

    Raises:
        Problem: the number or the progress is no number (exit 2).
    """
    no, _, rest = text.replace("：", ":").partition(":")
    progress, _, words = rest.partition(":")
    if not (no.strip().isdecimal() and progress.strip().rstrip("%％").isdecimal()):
        raise Problem(f"--point “{text}”应写成 要点序号:进度[:说明]，如 2:60:已完成图审", "malformed")
    return PointReport(no=int(no), progress=int(progress.strip().rstrip("%％")), text=words.strip() or None)


def indicator_report(text: str) -> IndicatorReport:
    """What is reported of an indicator, from `N:VALUE`, full-width signs too.

    Raises:
        Problem: the number is no whole number, or the value none (exit 2).
    """
    no, _, value = text.replace("：", ":").partition(":")
    number = scaled_number(value)
    if not no.strip().isdecimal() or number is None:
        raise Problem(f"--indicator “{text}”应写成 指标序号:累计值，如 1:12 或 2:6.5", "malformed")
    return IndicatorReport(no=int(no), value=number[0], decimals=number[1])
