#!/bin/sh
# Tests the package: ../README.md says what is given and answered. Tests may be named: test.sh test_json.
set -u
here=$(cd "$(dirname "$0")" && pwd) || exit 1

for program in pkg-config cc objdump; do
    command -v "$program" >/dev/null || {
        echo "$program is not installed"
        exit 77
    }
done
python=$(sh "$here/tools.sh") || {
    echo "$python"
    exit 77
}

# The wheel, installed into a folder.
site=$PERSONR_WORK/site
PYTHON=$python sh "$here/build.sh" "$PERSONR_WORK/wheels" &&
    "$python" -m pip --disable-pip-version-check install --quiet --no-deps --no-index --upgrade --target "$site" \
        "$PERSONR_WORK"/wheels/*.whl || exit 1

PYTHONPATH=$site PYTHONDONTWRITEBYTECODE=1 PYTHONWARNINGS=default exec "$python" "$here/tests/run.py" "$@"
