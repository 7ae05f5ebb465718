# The corpora of the fuzz targets, under AddressSanitizer: nothing crashes on what once was found or is odd.

for target in build/asan/tests/fuzz_*; do
    [ -x "$target" ] && [ -f "$target" ] || continue
    name=$(basename "$target")
    corpus=tests/fuzz/corpus/${name#fuzz_}
    if [ -d "$corpus" ]; then
        verify "corpus of $name" "$target" "$corpus"/*
    else
        fail "$name has no corpus"
    fi
done
