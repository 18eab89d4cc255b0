#!/usr/bin/env bash
# Says which program the action runs: the one that was named, the one on PATH if it is of the action's
# version, or else where the one is that is to be built, and under which key it is cached.
#
# Reads ROLECALL_BINARY, GITHUB_ACTION_PATH, RUNNER_TEMP, RUNNER_OS, RUNNER_ARCH.
# Writes the outputs binary, build and key to GITHUB_OUTPUT.
set -euo pipefail

# A text of several lines needs a delimiter that is in none of them.
output() {
    local delimiter="end-${RANDOM}${RANDOM}${RANDOM}${RANDOM}"
    printf '%s<<%s\n%s\n%s\n' "$1" "$delimiter" "$2" "$delimiter" >>"$GITHUB_OUTPUT"
}

digest() {
    if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi
}

source=$GITHUB_ACTION_PATH
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$source/Cargo.toml" | head -n 1)

if [[ -n ${ROLECALL_BINARY:-} ]]; then
    program=$ROLECALL_BINARY
    # What is no path would be looked up on PATH.
    [[ $program == */* || $program == *\\* ]] || program=./$program
    if [[ ! -f $program || ! -x $program ]]; then
        echo "The input 'binary' names no program that can be run." >&2
        exit 2
    fi
    output binary "$program"
    output build false
    exit 0
fi

if program=$(command -v rolecall) && [[ $("$program" --version 2>/dev/null || true) == "rolecall $version" ]]; then
    output binary "$program"
    output build false
    exit 0
fi

# All that goes into the program, and so a branch or a tag that moves is built anew.
key=$(
    cd -- "$source"
    find Cargo.toml Cargo.lock build.rs src rules data -type f | LC_ALL=C sort | while IFS= read -r file; do
        printf '%s\n' "$file"
        cat -- "$file"
    done | digest | cut -d ' ' -f 1
)
suffix=
[[ ${RUNNER_OS:-} != Windows ]] || suffix=.exe
output binary "$RUNNER_TEMP/rolecall-action/rolecall$suffix"
output build true
output key "rolecall-$version-${RUNNER_OS:-any}-${RUNNER_ARCH:-any}-$key"
