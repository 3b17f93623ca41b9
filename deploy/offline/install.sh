#!/usr/bin/env bash
# 离线安装 xmh：不访问网络，先核对校验和，再装进一个自己的目录。
#   ./install.sh [--to 目录] [--python 解释器] [--production] [--traces]
#   --production  不装内置 Temporal 和模拟用的服务（少 231 MB），用于已有 Temporal 服务的正式环境
#   --traces      另装 OpenTelemetry 跟踪（XMH_TRACES 要用）
set -euo pipefail
to=/opt/xmh python=python3 lock=requirements-all.txt traces=
while [ $# -gt 0 ]; do
  case $1 in
    --to) to=${2:?--to 后面写目录}; shift 2 ;;
    --python) python=${2:?--python 后面写解释器}; shift 2 ;;
    --production) lock=requirements.txt; shift ;;
    --traces) traces=yes; shift ;;
    -h|--help) sed -n '2,5s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "没有 $1 这个选项，请看 --help" >&2; exit 2 ;;
  esac
done
# 目录和解释器按调用时所在的位置理解；调用者自己的 Python、pip 设置不带进来，装好的谁都能运行。
to=$(realpath -m -- "$to")
case $python in */*) python=$(realpath -ms -- "$python") ;; esac
unset PYTHONPATH PYTHONHOME CDPATH "${!PIP_@}"
export PIP_CONFIG_FILE=/dev/null
umask 022
cd -- "$(dirname -- "$0")"

sha256sum --check --quiet SHA256SUMS || { echo "安装包不完整或被改动，没有安装；请重新拷贝" >&2; exit 1; }
"$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || {
  echo "需要 Python 3.11 以上，并带 venv 和 ensurepip；请用 --python 指明" >&2; exit 1; }
if [ -e "$to" ] && [ ! -x "$to/bin/xmh" ]; then
  echo "$to 已存在，不是 xmh 的安装目录，没有安装；请用 --to 换一个" >&2; exit 1
fi

# 先装在旁边，成功后才换上：装到一半断电或出错，原来的照常可用。
fresh=$to.new.$$ old=
trap 'if [ -n "$old" ] && [ ! -e "$to" ]; then mv "$old" "$to"; fi; rm -rf "$fresh"' EXIT
"$python" -m venv "$fresh"
pip=("$fresh/bin/python" -m pip --quiet --disable-pip-version-check --no-cache-dir install --no-index --find-links wheels)
"${pip[@]}" --require-hashes -r "$lock" || {
  echo "安装包里没有适合 $("$python" --version) 的组件；请用打包时写明的 Python 版本" >&2; exit 1; }
[ -z "$traces" ] || "${pip[@]}" --require-hashes -r requirements-otel.txt
"${pip[@]}" --no-deps wheels/xmh-*.whl
"$fresh/bin/python" -m compileall -q -j 0 "$fresh/lib" >/dev/null || true
"$fresh/bin/xmh" --version >/dev/null
# 命令的首行写着解释器的位置，换名前改过来；位置里可以有空格和任何符号。
"$fresh/bin/python" - "$fresh" "$to" <<'RENAME'
import os, pathlib, sys
fresh, to = map(os.fsencode, sys.argv[1:])
place = pathlib.Path(sys.argv[1])
for file in (*(place / "bin").iterdir(), place / "pyvenv.cfg"):
    if not file.is_symlink() and file.is_file() and fresh in (data := file.read_bytes()):
        file.write_bytes(data.replace(fresh, to))
RENAME
sync -f "$fresh"
if [ -e "$to" ]; then old=$to.old.$$; mv "$to" "$old"; fi
mv "$fresh" "$to"
[ -z "$old" ] || rm -rf "$old"
"$to/bin/xmh" --version
echo "已装在 $to；把 $to/bin/xmh 连到 /usr/local/bin 即可直接使用"
