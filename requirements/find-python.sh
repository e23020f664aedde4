#!/bin/sh
# Name the Python to build with: 3.11 if it is there, else the next one that can make a venv.
set -eu
for python in ${PYTHON:-python3.11 python3.12 python3.13 python3}; do
  if "$python" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
  then
    echo "$python"
    exit
  fi
done
echo "No Python >= 3.11 with venv found; on Debian 12: apt-get install python3 python3-venv" >&2
exit 1
