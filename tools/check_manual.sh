#!/bin/sh
# Fails when groff complains about a manual page, or one has no NAME: tools/check_manual.sh PAGE...
set -eu
for page in "$@"; do
    complaints=$(groff -man -Tutf8 -ww -z "$page" 2>&1)
    [ -z "$complaints" ] || {
        echo "$complaints" >&2
        echo "$page is not what man(7) understands; correct the text that it is made from." >&2
        exit 1
    }
    grep -q '^\.SH NAME' "$page" || {
        echo "$page has no NAME, by which apropos finds it; add '.SH NAME'." >&2
        exit 1
    }
done
