#!/bin/sh
# Prints share/multiflexi.env.example: tools/settings_example.sh PROGRAM. With --check it fails when the file differs.
set -eu
program=$1
example() {
    cat <<'END'
# /etc/multiflexi/multiflexi.env: the settings of MultiFlexi, for the server and the command line.
# Made by tools/settings_example.sh from the table of settings; everything here has its default.
#
# Lines NAME=VALUE. A value with blanks, quotes or backslashes goes into single quotes. The file may hold a password:
# chown root:multiflexi, chmod 640. `multiflexi serve --check` shows what is in force and where it comes from.
END
    "$program" --help | sed -n '/^Settings:/,$ { /^Settings:/d; p }' | while IFS= read -r line; do
        case $line in
        '    '*) printf '# %s\n' "${line#    }" ;;
        '') ;;
        *)
            [ -z "${name:-}" ] || printf '#%s=\n' "$name"
            name=${line%% *}
            printf '\n# --- %s\n' "$line"
            ;;
        esac
        echo "${name:-}" >"$last"
    done
    printf '#%s=\n' "$(cat "$last")"
}
last=$(mktemp)
made=$(mktemp)
trap 'rm -f "$last" "$made"' EXIT
example >"$made"
if [ "${2:-}" = --check ]; then
    diff -u "$(dirname "$0")/../share/multiflexi.env.example" "$made" || {
        echo "share/multiflexi.env.example is not what tools/settings_example.sh makes; make it anew." >&2
        exit 1
    }
else
    cat "$made"
fi
