#!/usr/bin/env bash
# One folder, and one archive of it, from which xmh is installed on a machine without a network.
#   build.sh VENV TARGET [PYTHON_VERSION …]      (as `make bundle` calls it)
# The wheels are those of the locks, by hash, for this kind of machine and for each version of Python named.
set -euo pipefail
venv=$1 target=$2
shift 2
versions=("${@:-3.11}")
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
pip=("$venv/bin/python" -m pip --quiet --disable-pip-version-check)

rm -rf "$target"
mkdir -p "$target/wheels"
for version in "${versions[@]}"; do
  for lock in requirements-all.txt requirements-otel.txt; do
    "${pip[@]}" download --require-hashes --only-binary :all: --python-version "$version" \
      --dest "$target/wheels" -r "$root/$lock"
  done
done
"${pip[@]}" wheel --no-deps --no-build-isolation --wheel-dir "$target/wheels" "$root"

# Who is in it, read out of an environment made from nothing else.
read_out=$(mktemp -d)
trap 'rm -rf "$read_out"' EXIT
"$venv/bin/python" -m venv "$read_out/installed"
for lock in requirements-all.txt requirements-otel.txt; do
  "$read_out/installed/bin/python" -m pip --quiet --disable-pip-version-check install --no-index --find-links "$target/wheels" \
    --require-hashes -r "$root/$lock"
done
"$read_out/installed/bin/python" -m pip --quiet --disable-pip-version-check install --no-index --no-deps "$target"/wheels/xmh-*.whl
"$read_out/installed/bin/python" "$here/licences.py" > "$target/NOTICE.csv"
"$venv/bin/python" -m venv "$read_out/tools"
"$read_out/tools/bin/python" -m pip --quiet --disable-pip-version-check install --require-hashes --only-binary :all: -r "$here/tools.txt"
"$read_out/tools/bin/cyclonedx-py" environment --output-reproducible --of JSON -o "$target/sbom.cdx.json" "$read_out/installed/bin/python"

cp "$root"/requirements{,-all,-otel}.txt "$root/LICENSE" "$here/install.sh" "$here/安装说明.md" "$target/"
# All a site is set up, watched and kept by, pages included: there is no other copy where there is no network.
mkdir -p "$target/deploy" "$target/docs"
cp -R "$root"/deploy/{README.md,grafana,k8s,postgres,prometheus,temporal,xmh.env} "$target/deploy/"
cp "$root"/docs/{使用手册,运维告警,运维手册}.md "$target/docs/"
cp "$root/CHANGELOG.md" "$target/"
for unit in "$root"/deploy/*.service "$root"/deploy/*.timer; do
  sed 's|/opt/xmh/.venv/bin/|/opt/xmh/bin/|g' "$unit" > "$target/deploy/$(basename "$unit")"
done
(cd "$target" && find . -type f ! -name SHA256SUMS | LC_ALL=C sort | xargs sha256sum > SHA256SUMS)
tar -C "$(dirname "$target")" --owner=0 --group=0 -czf "$target.tar.gz" "$(basename "$target")"
(cd "$(dirname "$target")" && sha256sum "$(basename "$target").tar.gz" > "$(basename "$target").tar.gz.sha256")
du -h "$target.tar.gz"
