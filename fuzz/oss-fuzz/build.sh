#!/bin/bash -eu
# OSS-Fuzz calls this in its image, with CC, CFLAGS, LIB_FUZZING_ENGINE, SRC, WORK and OUT set. The image needs cmake,
# ninja-build, pkg-config, libyaml-dev, libpcap-dev, libjansson-dev, libnl-3-dev, libnl-route-3-dev, libnftables-dev,
# libcap-dev, libxml2-dev and libcmocka-dev.
#
# The Dockerfile that OSS-Fuzz wants beside this file names its base image, as its guide has it, installs those packages,
# and copies the tree to $SRC/tcprove.
cd "$SRC/tcprove"
cmake -S . -B "$WORK/build" -G Ninja -DCMAKE_BUILD_TYPE=None -DBUILD_TESTING=OFF -DTCPROVE_FUZZ_ENGINE="$LIB_FUZZING_ENGINE" \
    -DCMAKE_BUILD_WITH_INSTALL_RPATH=ON -DCMAKE_INSTALL_RPATH="\$ORIGIN/lib" -DCMAKE_EXE_LINKER_FLAGS=-Wl,--disable-new-dtags
cmake --build "$WORK/build" --target fuzzers
for program in "$WORK"/build/bin/fuzz_*; do
    name=$(basename "$program")
    target=${name#fuzz_}
    case $target in to_spec | from_spec) continue ;; esac
    cp "$program" "$OUT/"
    # Where the programs run there is the C library and no other.
    for library in $(ldd "$program" | sed -n 's/.*=> \(\/[^ ]*\).*/\1/p' | grep -vE '/(libc|libm|libdl|librt|libpthread|libgcc_s)\.so'); do
        install -D -t "$OUT/lib" "$library"
    done
    if [ -d "corpus/$target" ]; then zip -q -j -r "$OUT/${name}_seed_corpus.zip" "corpus/$target"; fi
    if [ -f "fuzz/dict/$target.dict" ]; then cp "fuzz/dict/$target.dict" "$OUT/$name.dict"; fi
done
