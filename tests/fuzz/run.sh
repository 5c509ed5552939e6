#!/bin/sh
# run.sh PROGRAM NAME BUILD-DIRECTORY: one fuzzer for MULTIFLEXI_FUZZ_SECONDS. New inputs go to the build directory,
# never among the seeds; so does an input that is a finding.
set -eu
seeds=$(dirname "$0")/seeds/$2
corpus=$3/corpus/$2
mkdir -p "$corpus" "$3/findings"
# A slow input is a finding, too: nothing a person types may take a second.
exec "$1" -max_total_time="${MULTIFLEXI_FUZZ_SECONDS:-60}" -timeout=10 -rss_limit_mb=1024 -max_len=8192 -use_value_profile=1 \
    -print_final_stats=1 -verbosity=1 -artifact_prefix="$3/findings/$2-" "$corpus" "$seeds" 2>&1
