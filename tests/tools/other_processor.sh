#!/usr/bin/env bash
# Are pictures and exact sums the same bits on another processor? Builds the tests of model and render
# and the kept pictures, scenes and gallery for 64-bit ARM, and runs them under emulation.
#
# Installs what is missing with apt-get and rustup; prints what it could not get and ends with 0.
set -euo pipefail
cd "$(dirname "$0")/../.."

target=aarch64-unknown-linux-gnu
skip() {
  echo "other processor: NOT RUN ($1)"
  exit 0
}

command -v rustup >/dev/null || skip "rustup is missing"
rustup target add "$target" >/dev/null 2>&1 || skip "rustup cannot install $target"
if ! command -v aarch64-linux-gnu-gcc >/dev/null || ! command -v qemu-aarch64 >/dev/null; then
  apt-get install -y -q gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user >/dev/null 2>&1 ||
    skip "apt-get cannot install gcc-aarch64-linux-gnu, libc6-dev-arm64-cross, qemu-user"
fi

export CC_aarch64_unknown_linux_gnu=aarch64-linux-gnu-gcc
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER="qemu-aarch64 -L /usr/aarch64-linux-gnu"
cargo test --locked --target "$target" -p telamon-model -p telamon-render
# An emulated program cannot start itself anew, as the test left out does.
cargo test --locked --target "$target" -p telamon-tests --test it -- drawings --skip a_definition_has_one_picture
