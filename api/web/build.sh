#!/bin/sh
# Fetch the third-party files by lock file, lay Leaflet where the library's own map takes it,
# and build the web map where the service serves it.
# usage: build.sh PYTHON VENDOR (both from the repository's root)
set -eu
here=$(dirname "$0")
# install, not ci: ci insists on optional parts for systems that a site's mirror may not carry;
# versions and hashes come from the lock file either way, which stays as it is
sh "$here/npm.sh" "$1" install --no-save --silent
mkdir -p "$2"
cp "$here/node_modules/leaflet/dist/leaflet.js" "$here/node_modules/leaflet/dist/leaflet.css" "$2"
cp "$here/node_modules/leaflet/LICENSE" "$2/leaflet.LICENSE"
sh "$here/npm.sh" "$1" run --silent build -- --logLevel warn
