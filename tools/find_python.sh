#!/bin/sh
# Prints the path of a Python that the set-up can use: 3.10 to 3.14, the versions the pinned torch has builds for.
# PYTHON=/path/to/python picks one by hand.
fits() {
    "$1" -c 'import sys; sys.exit(not ((3, 10) <= sys.version_info[:2] <= (3, 14)))' 2>/dev/null
}
if [ -n "$PYTHON" ]; then
    if fits "$PYTHON"; then command -v "$PYTHON"; exit 0; fi
    echo "set-up: PYTHON=$PYTHON is not a Python 3.10 to 3.14." >&2
    exit 1
fi
for name in python3 python3.13 python3.12 python3.11 python3.14 python3.10; do
    if fits "$name"; then command -v "$name"; exit 0; fi
done
found=$(python3 --version 2>&1 || echo "none")
echo "set-up: Longvid's set-up needs Python 3.10 to 3.14; python3 here is: $found." >&2
echo "  Install one (Debian, Ubuntu: apt-get install python3 python3-venv), or name it: make PYTHON=/path/to/python3.12 ..." >&2
exit 1
