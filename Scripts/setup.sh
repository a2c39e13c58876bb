# Sourced by the other scripts: makes sure that what enuflow needs besides Swift is there.
cd "$(dirname "$0")/.." || exit 1

if ! command -v swift >/dev/null 2>&1; then
  echo "enuflow needs a Swift 6.1 toolchain or newer on the PATH: https://www.swift.org/install" >&2
  exit 69
fi

# libxml2 is the only system library; pkg-config tells the package manager where it lies.
if ! { command -v pkg-config >/dev/null 2>&1 && pkg-config --exists libxml-2.0; }; then
  if ! command -v apt-get >/dev/null 2>&1; then
    echo "enuflow needs libxml2 with its headers, and pkg-config: please install them" >&2
    exit 69
  fi
  echo "installing libxml2-dev and pkg-config" >&2
  as_root=""
  [ "$(id -u)" -eq 0 ] || as_root=sudo
  $as_root apt-get update -qq >&2 || exit 69
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq libxml2-dev pkg-config >&2 || exit 69
fi

# The program as it is meant to be used, at .build/release/enuflow: one file with the Swift runtime in it, without what only a debugger reads.
build_release() {
  swift build -c release --static-swift-stdlib -debug-info-format none --product enuflow 1>&2
}
