"""`xmh audit forget`: the words sealed in a matter are forgotten for good."""

from datetime import UTC, datetime

from cli.asking import ByOption, MatterArg, PaperOption, ReasonOption, confirm_command, need_option
from cli.inspection.common import inspections
from cli.lookup import acting_for, the_matter
from cli.session import Exit, Problem, answer, session
from domain.forgetting import forget
from domain.ids import OfficeStream
from domain.incoming.paper import IncomingPaper
from domain.onsite.inspection import OnSite
from domain.papers import spelled
from eventlog import reading
from eventlog.reading import ListedMatter
from eventlog.secrets import destroy_keys, live_keys, scrub_destroyed_keys
from services.archiving.numbering import archived
from services.office_records import record_office_events


def _meant(words: str) -> ListedMatter | IncomingPaper | OnSite:
    """The matter, or by its number the incoming paper or the inspection; each has keys and words of its own."""
    visits = inspections() if "督查" in words else []
    if visit := next((one for one in visits if one.number == spelled(words)), None):
        return visit
    papers = reading.find_papers(session.database, words) if "收" in words else ()
    return papers[0] if len(papers) == 1 and papers[0].number == spelled(words) else the_matter(words)


def forget_(matter: MatterArg, reason: ReasonOption = None, by: ByOption = None, paper: PaperOption = None) -> None:
    """销毁一个事项（按收文号、督查编号则一份来文、一次督查）的密钥：加密的批示和涉密内容从此无人能看；须领导批准，记录保留。"""
    why = need_option(reason, "--reason", "销毁理由")
    leader = need_option(by, "--by", "批准领导")
    ground = need_option(paper, "--paper", "批准所凭的文件")
    target = _meant(matter)
    keys = live_keys(session.database, target.stream)
    actor = acting_for(leader, ground)
    event = forget(target.stream, target.number, keys, why, actor, archived(session.database, target.stream))
    if keys:
        confirm_command(f"销毁 {target.number} 的密钥？此后任何人都不能再看其中加密的内容，也不能恢复。")
        record_office_events(
            session.database,
            session.database.own(OfficeStream.SECRETS),
            [event],
            actor=actor,
            command_id=session.command_id or f"forget:{'+'.join(keys)}",
            now=datetime.now(UTC),
        )
        destroy_keys(session.database, target.stream)
    left = scrub_destroyed_keys(session.database)
    if left is not None:
        line = f"{target.number} 的密钥已作废，但没有销毁干净：{left}"
        raise Problem(line, "not_scrubbed", Exit.UNREACHABLE, keys=list(keys))
    line = f"已销毁 {target.number} 的密钥{len(keys)}把" if keys else f"{target.number} 没有可销毁的密钥，残留已清理"
    note = "；销毁前的备份里还有（用主密钥加密的）旧密钥，请一并销毁备份"
    answer({"matter": target.number, "keys": list(keys), "approver": event.approver}, line + (note if keys else ""))
