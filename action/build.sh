#!/usr/bin/env bash
# Builds the program from the action's own source and puts it where find.sh said.
#
# Reads ROLECALL_BINARY, GITHUB_ACTION_PATH, RUNNER_TEMP.
set -euo pipefail

# Not in the workspace: its rust-toolchain.toml and .cargo/config.toml are not ours to obey.
cd -- "$GITHUB_ACTION_PATH"
export CARGO_TARGET_DIR=$RUNNER_TEMP/rolecall-target
cargo build --release --locked --package rolecall
mkdir -p -- "$(dirname -- "$ROLECALL_BINARY")"
cp -- "$CARGO_TARGET_DIR/release/$(basename -- "$ROLECALL_BINARY")" "$ROLECALL_BINARY"
