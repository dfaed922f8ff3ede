#!/bin/sh
# Make the virtual environment `.venv` with a Python of 3.11 or newer.
set -eu

venv=$1
python=${2:-}
if [ -z "$python" ]; then
    for python in python3.11 python3.12 python3.13 python3; do
        ! command -v "$python" >/dev/null || break
    done
fi
if ! command -v "$python" >/dev/null; then
    echo "Python 3.11 or newer is needed: install python3, or say PYTHON=/path/to/python3." >&2
    exit 1
fi
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "$("$python" --version) is too old: 3.11 or newer is needed. Say PYTHON=/path/to/python3." >&2
    exit 1
fi
# Debian ships `ensurepip` apart, in python3-venv.
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    "$(dirname "$0")/apt-install.sh" "The virtual environment" "python$version-venv"
fi
"$python" -m venv "$venv"
# The `classrooms` command of this checkout.
cat >"$venv/bin/classrooms" <<END
#!/bin/sh
cd "\$(dirname "\$0")/../.." && exec .venv/bin/python -m app "\$@"
END
chmod +x "$venv/bin/classrooms"
