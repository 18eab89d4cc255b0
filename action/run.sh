#!/usr/bin/env bash
# Runs the check: annotations go to the log, SARIF to a file, the counts to the outputs and the summary.
# Ends with status 0 also where there are findings: the action uploads the report before it fails.
#
# Reads ROLECALL_BINARY, ROLECALL_PATHS, ROLECALL_CONFIG, ROLECALL_FAIL_ON, ROLECALL_MIN_SEVERITY, ROLECALL_BASELINE,
# ROLECALL_SARIF_FILE, ROLECALL_ARGS.
# Writes the outputs sarif, errors, warnings and exit-code to GITHUB_OUTPUT, and GITHUB_STEP_SUMMARY.
set -euo pipefail

# A text of several lines needs a delimiter that is in none of them.
output() {
    local delimiter="end-${RANDOM}${RANDOM}${RANDOM}${RANDOM}"
    printf '%s<<%s\n%s\n%s\n' "$1" "$delimiter" "$2" "$delimiter" >>"$GITHUB_OUTPUT"
}

# Prints a file in which no line is a command to the runner.
print_inert() {
    [[ -s $1 ]] || return 0
    local token="stop-${RANDOM}${RANDOM}${RANDOM}${RANDOM}"
    printf '::stop-commands::%s\n' "$token"
    cat -- "$1"
    printf '\n::%s::\n' "$token"
}

# Lines that hold something, each without the return that an editor may have put at its end.
lines() {
    local line
    while IFS= read -r line || [[ -n $line ]]; do
        line=${line%$'\r'}
        [[ -z ${line//[[:space:]]/} ]] || printf '%s\n' "$line"
    done <<<"$1"
}

scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT

sarif=${ROLECALL_SARIF_FILE:-rolecall.sarif}
if [[ $sarif == *[[:cntrl:]]* || $sarif == */ || -d $sarif ]]; then
    echo "The input 'sarif-file' is no path of a file." >&2
    output sarif ''
    output errors 0
    output warnings 0
    output exit-code 2
    exit 0
fi

# First, so that a format without its file does not take ours.
arguments=()
while IFS= read -r argument; do
    arguments+=("$argument")
done < <(lines "${ROLECALL_ARGS:-}")
# What is not said is for rolecall.toml to say.
[[ -z ${ROLECALL_CONFIG:-} ]] || arguments+=("--config=$ROLECALL_CONFIG")
[[ -z ${ROLECALL_FAIL_ON:-} ]] || arguments+=("--fail-on=$ROLECALL_FAIL_ON")
[[ -z ${ROLECALL_BASELINE:-} ]] || arguments+=("--baseline=$ROLECALL_BASELINE")
# The usual one is not said: it would hide what a rule selected by its name says below it.
if [[ ${ROLECALL_MIN_SEVERITY:-warning} != warning ]]; then
    arguments+=("--min-severity=$ROLECALL_MIN_SEVERITY")
fi
arguments+=(
    --format=sarif "--output=$scratch/report.sarif"
    --format=json "--output=$scratch/report.json"
    --format=markdown "--output=$scratch/report.md"
    --format=github
)

paths=()
while IFS= read -r path; do
    # A dash alone would be the standard input, which nobody writes here.
    [[ $path != - ]] || path=./-
    paths+=("$path")
done < <(lines "${ROLECALL_PATHS:-.}")
[[ ${#paths[@]} -gt 0 ]] || paths=(.)

status=0
"$ROLECALL_BINARY" check "${arguments[@]}" -- "${paths[@]}" </dev/null 2>"$scratch/messages" || status=$?
print_inert "$scratch/messages"

# The first such line is that of the summary: no text in JSON holds a line's end.
count() {
    local number
    number=$(sed -n "s/^ *\"$1\": \([0-9][0-9]*\),\{0,1\}\$/\1/p" "$scratch/report.json" 2>/dev/null | head -n 1)
    printf '%s' "${number:-0}"
}
errors=$(count error)
warnings=$(count warning)

if [[ ! -f $scratch/report.sarif ]]; then
    # One of an earlier step is not ours.
    sarif=
elif ! { mkdir -p -- "$(dirname -- "$sarif")" && cp -- "$scratch/report.sarif" "$sarif"; }; then
    sarif=
    status=2
fi
if ((status > 1)); then
    # A report of a check that could not be done would close what earlier ones found.
    sarif=
fi
output sarif "$sarif"
output errors "$errors"
output warnings "$warnings"
output exit-code "$status"

summarise() {
    if ((status > 1)); then
        printf '### rolecall\n\nThe check could not be done; the log says why.\n\n'
        return 0
    fi
    # No text of a template is markup in it.
    [[ ! -s $scratch/report.md ]] || cat -- "$scratch/report.md"
}
if [[ -n ${GITHUB_STEP_SUMMARY:-} ]]; then
    summarise >>"$GITHUB_STEP_SUMMARY"
fi
