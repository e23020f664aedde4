#!/bin/sh
# Install what the tests need from the system: Chromium and a Chinese font for the maps,
# PostgreSQL with PostGIS for the store. Asks nothing, changes nothing that is there,
# and never stops the tests by itself.
set -u

missing=
command -v chromium >/dev/null || command -v chromium-browser >/dev/null ||
  command -v google-chrome >/dev/null || missing="chromium"
find /usr/share/fonts /usr/local/share/fonts -iname '*wqy*' -o -iname '*cjk*' 2>/dev/null |
  grep -q . || missing="$missing fonts-wqy-microhei"
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
ls /usr/share/postgresql/*/extension/postgis.control >/dev/null 2>&1 ||
  missing="$missing postgresql-15-postgis-3"
[ -n "$missing" ] || exit 0

root=
[ "$(id -u)" = 0 ] || root="sudo -n"
if command -v apt-get >/dev/null && $root true 2>/dev/null; then
  echo "Installing system packages for the tests:" $missing
  export DEBIAN_FRONTEND=noninteractive
  # shellcheck disable=SC2086 - words on purpose
  { $root apt-get update -qq && $root apt-get install -y -qq --no-install-recommends $missing; } \
    >/dev/null && exit 0
fi
echo "The tests need these system packages, please install them:" $missing
