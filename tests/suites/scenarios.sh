# Each shipped scenario passes over many seeds, and every run made twice is the same run. DETSIM_SEEDS=200 for more.

while IFS= read -r file; do
    verify "seeds 1..${DETSIM_SEEDS:-40} twice: $file" \
        "$DETSIM" run "$file" --seeds "1..${DETSIM_SEEDS:-40}" --twice --jobs "$(nproc)" --quiet
done < <(find scenarios -name '*.scn' -not -path 'scenarios/defects/*' | LC_ALL=C sort)
