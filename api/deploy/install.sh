#!/bin/sh
# Install geogrid from this folder, without a network: sh install.sh [FOLDER]   (/opt/geogrid)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
target=${1:-/opt/geogrid}
python=${PYTHON:-python3.11}

command -v "$python" >/dev/null || {
  echo "$python is not there; on Debian 12: apt-get install python3 python3-venv, or set PYTHON" >&2
  exit 1
}
"$python" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null || {
  echo "$python is not Python 3.11 with venv; the wheels in this archive are made for that" >&2
  exit 1
}
echo "Checking the archive ..."
(cd "$here" && sha256sum --quiet --check SHA256SUMS)

echo "Installing into $target/venv ..."
mkdir -p "$target"
# a new environment beside the old one: if anything fails, the old one goes on
rm -rf "$target/venv.new"
"$python" -m venv "$target/venv.new"
pip() {
  PIP_CONFIG_FILE=/dev/null "$target/venv.new/bin/python" -m pip --isolated --disable-pip-version-check "$@"
}
pip install --quiet --no-index --find-links "$here/wheels" --require-hashes -r "$here/bundle.lock"
pip install --quiet --no-index --no-deps "$here"/wheels/geogrid-*.whl
# nothing is ever installed into it again
rm -rf "$target/venv.new"/bin/pip* "$target/venv.new"/lib/python3*/site-packages/pip "$target/venv.old"
# scripts name the interpreter by its path
grep -lIr 'venv\.new' "$target/venv.new/bin" | while read -r script; do
  sed -i 's|/venv\.new|/venv|g' "$script"
done
[ ! -d "$target/venv" ] || mv "$target/venv" "$target/venv.old"
mv "$target/venv.new" "$target/venv"
"$target/venv/bin/geogrid" --help >/dev/null
echo "Done: $target/venv/bin/geogrid. Next: INSTALL.md, step 3."
