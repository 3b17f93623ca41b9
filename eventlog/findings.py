"""What `verify` can find: a stable token for scripts, one Chinese line for people, and where."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from domain.base import Frozen, Term
from eventlog.backend import Row


class Token(Term):
    """What can be wrong; the value is stable for scripts."""

    HASH_MISMATCH = "hash_mismatch", "事件内容与其哈希不符"
    PREVIOUS_HASH_MISMATCH = "previous_hash_mismatch", "事件与前一事件的哈希不相接"
    VERSION_GAP = "version_gap", "事件流版本号缺失"
    POSITION_GAP = "position_gap", "全局序号缺失"
    DUPLICATE = "duplicate", "版本号或事件编号重复"
    TIME_BACKWARDS = "time_backwards", "记录时间早于前一事件"
    UNKNOWN_ALGORITHM = "unknown_algorithm", "哈希算法不明"
    UNDECODABLE = "undecodable", "事件无法解读"
    NUMBER_GAP = "number_gap", "连续编号缺失或重复"
    COMMAND_INDEX_DIFFERS = "command_index_differs", "命令索引与事件不符"
    READ_MODEL_DIFFERS = "read_model_differs", "读模型与事件不符"
    INDEX_DIFFERS = "index_differs", "数据库的索引与表不符，有的记录会查不到"
    SNAPSHOT_DIFFERS = "snapshot_differs", "快照与事件不符"
    UNPROTECTED = "unprotected", "防改触发器缺失"
    TRIGGER_CHANGED = "trigger_changed", "防改触发器被改动"
    TRIGGER_ADDED = "trigger_added", "数据库里有不属于本系统的触发器或规则"
    ATTACHMENT_MISSING = "attachment_missing", "附件缺失"
    ATTACHMENT_ALTERED = "attachment_altered", "附件与登记的不符"
    FILE_ALTERED = "file_altered", "成文已被改动"
    FILE_MISSING = "file_missing", "成文缺失"
    FILE_ADDED = "file_added", "成文目录里有日志没有的文件"
    TEMPLATE_ALTERED = "template_altered", "存档的模板已被改动"
    FILES_UNREAD = "files_unread", "日志读不通，附件和成文没有核对"
    ODD_CELL = "odd_cell", "数据类型不对"
    KEY_DIFFERS = "key_differs", "密钥与日志不符"
    OUTBOX_DIFFERS = "outbox_differs", "通知登记与事件不符"
    OTHER_LOG = "other_log", "检查点是另一本日志的"
    LOG_SHORTER = "log_shorter", "日志比检查点短"
    LOG_DIFFERS = "log_differs", "日志与检查点不同"
    WORKFLOW_DIFFERS = "workflow_differs", "工作流与日志不符"
    NOTICES_DIFFER = "notices_differ", "通知被改动、删除或添加"


class VerifyFinding(Frozen):
    """One finding: a stable token, where, and one Chinese line."""

    token: Token
    message: str
    stream: str | None = None
    version: int | None = None
    position: int | None = None


def verify_finding(token: Token, detail: str, row: Row | None = None, stream: str | None = None) -> VerifyFinding:
    """One finding of `verify`: about the event of this row, or beside the events, of a stream or of none."""
    if row is None:
        return VerifyFinding(token=token, message=f"{token.label}：{detail}", stream=stream)
    return VerifyFinding(
        token=token,
        message=f"{token.label}：{row[2]} 第 {row[3]} 版（序号 {row[0]}）{detail}",
        stream=row[2],
        version=row[3],
        position=row[0],
    )


MOST_PROBLEMS = 1000


@dataclass
class FoundList:
    """What was found so far: at most a thousand are listed, the rest is counted."""

    listed: list[VerifyFinding] = field(default_factory=list)
    unlisted: int = 0

    def add_all(self, problems: Iterable[VerifyFinding]) -> None:
        """List these, or count them."""
        for problem in problems:
            if len(self.listed) < MOST_PROBLEMS:
                self.listed.append(problem)
            else:
                self.unlisted += 1
