#!/bin/sh
# Fetch the Chinese font by lock file, cut it down, lay it with its licence where pictures take it.
# usage: build.sh PYTHON VENDOR (both from the repository's root)
set -eu
here=$(realpath "$(dirname "$0")")
from="$here/node_modules/@expo-google-fonts/noto-sans-sc"
sh "$here/../../api/web/npm.sh" "$1" --prefix "$here" install --no-save --silent
mkdir -p "$2"
"$1" "$here/subset.py" "$from/400Regular/NotoSansSC_400Regular.ttf" "$2/NotoSansSC-Regular.part"
cp "$from/LICENSE_FONT" "$2/NotoSansSC.LICENSE"
mv "$2/NotoSansSC-Regular.part" "$2/NotoSansSC-Regular.ttf"
# nine weights came, one was needed
rm -rf "$here/node_modules"
