"""The values a case is made of: about half of them plausible, so that a command gets past its first check."""

import json
import os
import random
import zipfile
from collections.abc import Callable
from pathlib import Path

from openpyxl import Workbook

TEXTS = (
    *("泵站检修", "完成一半", "会议", "请核实", "香指办〔2026〕9号", "2022年工作计划", "A", "  前后有空格  "),
    *(
        "",
        " ",
        "\u200b",
        "\u202e反向",
        "\x1b[2J\x07",
        "行一\n行二",
        "；；；",
        ";due=",
        "一" * 600,
        "长" * 30_000,
        "％",
        "<b>&amp;",
    ),
    *(
        "' OR 1=1 --",
        "$(id)",
        "{{7*7}}",
        "../../etc/passwd",
        "-",
        "--",
        "-x",
        "@",
        "None",
        "null",
        "NaN",
        "0x1f",
        "\ud800",
        "𠮷🚇",
    ),
    *(
        "sealed:v1:AAAA",
        "sealed:v1:",
        "XMH-2022-001",
        "x" * 300,
        "a=b;c=d",
        "名称;unit=个;target=5",
        "1:50:说明",
        "1:999",
        "::",
    ),
)
DATES = (
    *("2099-03-31", "2022-06-30", "2026-12-31", "6月30日", "下周五", "明天", "年底", "12月底", "一季度末", "月底"),
    *(
        "9999-12-31",
        "0000-00-00",
        "0001-01-01",
        "1989-12-31",
        "2101-01-01",
        "2022-02-30",
        "2022-13-01",
        "31/12/2022",
        "99999999999",
    ),
    *(
        "2022-06-30T09:00:00",
        "2022-06-30T09:00:00+08:00",
        "2022-06-30T25:61",
        "１２月３１日",
        "²⁰²²-06-30",
        "今天今天",
        "-1",
        "",
        "1e9",
        "后天下午3点半",
    ),
)
NUMBERS = (
    "0",
    "1",
    "2",
    "7",
    "50",
    "100",
    "-1",
    "101",
    "2022",
    "2999",
    "1.5",
    "1e3",
    "٣",
    "９",
    "",
    "9" * 25,
    "0x10",
    "true",
    "abc",
)
PEOPLE = (
    "office",
    "li",
    "head",
    "leader",
    "audit",
    "office-2",
    "zhao",
    "nobody",
    "李三",
    "孙四",
    "system",
    "",
    "\u200b",
    "*",
    "li;li",
)
UNITS = (
    "gengxin",
    "zhujian",
    "consult",
    "区住房和建设局",
    "区城市更新和土地整备局",
    "没有的局",
    "",
    "gengxin、zhujian",
    "（）",
)
MATTERS = ("1", "2", "3", "泵站", "管网", "XMH-2026-001", "XMH-2026-9999", "事项", "", "*", "XMH", "9" * 30, "\u200b")
WORDS = (
    *(
        "特急",
        "加急",
        "平件",
        "每周",
        "daily",
        "weekly",
        "常规",
        "重大",
        "日常督办",
        "微信",
        "电话",
        "同意",
        "圈阅",
        "全部完成",
        "属实",
    ),
    *(
        "红",
        "绿灯",
        "red",
        "in_progress",
        "closing",
        "催办单",
        "督办单",
        "简报",
        "动态",
        "工作例会",
        "征求意见",
        "印发",
        "不可抗力：台风",
        "待上级批复",
    ),
)
ENVIRONMENT = {
    "XMH_HASH_ALGORITHM": ("sha256", "sm3", "md5", ""),
    "XMH_HEALTH_PORT": ("8081", "0", "99999", "abc", ""),
    "XMH_METRICS_PORT": ("9464", "-1", "x"),
    "XMH_CACHED_MATTERS": ("2000", "many", "-1"),
    "XMH_NOTICES": ("{}", "[]", "x", '{"default": ["sms"]}', '{"channels": {"a b": {}}}', '{"channels": 5}'),
    "XMH_FONTS": ("/nowhere", "\x01", "/dev/zero"),
    "XMH_TEMPLATES": ("/nowhere", "/dev/zero"),
    "XMH_DATABASE_URL": (
        "mysql://a/b",
        "sqlite:////nowhere/x.db",
        "postgresql://u:geheim@127.0.0.1:1/x",
        "x",
        "sqlite:///",
        "postgresql://[::",
    ),
    "XMH_DATABASE_URL_FILE": ("/nowhere", "/dev/zero", "/etc", "\x01", "/etc/hostname"),
    "XMH_TEMPORAL_ADDRESS": ("127.0.0.1:1", "x", ":", "127.0.0.1:99999999", "http://a", ""),
    "XMH_TEMPORAL_NAMESPACE": ("default", "", "沒有"),
    "XMH_TASK_QUEUE": ("", "x" * 300),
    "XMH_ACTOR": ("nobody", "", "li"),
    "XMH_FOR_PERSON": ("leader",),
}
TOML = (
    *("", "= x", "a." * 5_000 + "b = 1", "home = 5", "actor = ['x']", "notices = 5", "[notices]\ndefault = 'file'", "task_queue = 1"),
    *("[notices]\ndefault = ['sms']", "[notices.roles]\nboss = ['file']", "health_port = 'x'", "database_url = ['a']", "[fonts]\nfolder = 5"),
    *("hash_algorithm = 'md5'", "x = " + "[" * 3_000, "[[home]]", "actor = 'li'", "cached_matters = 1.5", "\x00", "[templates]\nfolder = '/dev/zero'"),
)  # fmt: skip


class Files:
    """A folder of sound, odd and hostile files, made once."""

    def __init__(self, folder: Path) -> None:
        """Make them."""
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.written = 0
        self._sound()
        self._odd(random.Random(7))
        self._no_files()
        self.paths = [
            *sorted(map(str, folder.iterdir())),
            "/dev/zero",
            "/dev/null",
            str(folder / "nowhere.xlsx"),
            "-",
            "",
            "\ud800.csv",
        ]

    def _sound(self) -> None:
        (self.folder / "任务清单.csv").write_text(
            "序号,任务,要点,牵头单位,配合单位,责任人,完成时限,反馈周期,类别,来源,依据,批准人\n"
            "1,河道清淤,,区住房和建设局,,,2099-03-31,周,常规,计划,香指办〔2026〕9号,吴七\n"
        )
        (self.folder / "反馈.csv").write_bytes(
            "事项,进展,进度,问题,下步\n泵站,已完成一半,50,无,继续\n".encode("gb18030")
        )
        (self.folder / "反馈.json").write_text('[{"matter": "1", "text": "好", "progress": 50}]')
        (self.folder / "议定.json").write_text('[{"item": 1, "outcome": "同意", "text": "照办"}]')
        (self.folder / "放假.json").write_text(
            '{"year": 2031, "off": ["2031-01-01"], "work": [], "source": "国办发明电〔2030〕1号"}'
        )
        (self.folder / "计划.txt").write_text(
            "2026年工作计划\n一、推进河道清淤。责任单位：区住房和建设局。完成时限：6月30日\n"
        )
        (self.folder / "照片.jpg").write_bytes(b"\xff\xd8" + bytes(200))
        book = Workbook()
        book.worksheets[0].title = "人员"
        book.worksheets[0].append(["编号", "姓名", "单位", "角色"])
        book.worksheets[0].append(["zhao2", "郑十", "zhujian", "liaison"])
        book.save(self.folder / "通讯录.xlsx")

    def _odd(self, chance: random.Random) -> None:
        contents: dict[str, Callable[[], bytes]] = {
            "空": bytes,
            "随机": lambda: chance.randbytes(3000),
            "深": lambda: b"[" * 30_000,
            "错型": lambda: json.dumps({"year": [], "off": 5, "work": {}, "source": 1}).encode(),
            "列表": lambda: json.dumps(
                [1, None, {"matter": 5}, {"matter": "1", "text": ["x"], "progress": True}]
            ).encode(),
            "半截": lambda: (self.folder / "通讯录.xlsx").read_bytes()[:900],
            "空格": lambda: b" \n\t" * 500,
            "引号": '事项,进展\n"未完'.encode,
            "宽": lambda: ",".join("列" * 2 for _ in range(2000)).encode(),
            "坏字": lambda: "序号,任务\n1,河道清淤\n".encode() * 9 + b"\xe6\xb2",
        }
        for name, made in contents.items():
            for ending in ("csv", "xlsx", "json", "toml", "txt", "docx", "pdf", "md"):
                if (len(name) + len(ending)) % 2 or name in ("空", "随机"):
                    (self.folder / f"{name}.{ending}").write_bytes(made())
        with zipfile.ZipFile(self.folder / "别的.xlsx", "w") as archive:
            archive.writestr("[Content_Types].xml", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>")
        with zipfile.ZipFile(self.folder / "别的.docx", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("word/document.xml", b"<a>" + b" " * 30_000_000 + b"</a>")

    def _no_files(self) -> None:
        os.mkfifo(self.folder / "管道.csv")
        (self.folder / "夹.xlsx").mkdir()
        (self.folder / "链.csv").symlink_to(self.folder / "任务清单.csv")
        (self.folder / "圈.csv").symlink_to(self.folder / "圈.csv")
        with (self.folder / "巨大.csv").open("wb") as huge:
            huge.truncate(3 * 1024**3)

    def out(self, chance: random.Random) -> str:
        """Where something is to be written."""
        self.written += 1
        ending = chance.choice(("xlsx", "docx", "pdf", "md", "html", "toml", "zip", "jpg", ""))
        fresh = str(self.folder.parent / f"out-{self.written}.{ending}")
        return chance.choice(
            (
                fresh,
                fresh,
                fresh,
                *self.paths[:4],
                str(self.folder / "管道.csv"),
                "/dev/full",
                "/",
                "",
                "\x00"[:0] + "名" * 300,
            )
        )
