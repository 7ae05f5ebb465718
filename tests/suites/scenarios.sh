# Each shipped scenario passes over seeds 1..200, and every run made twice is the same run.

while IFS= read -r file; do
    verify "seeds 1..200 twice: $file" "$DETSIM" run "$file" --seeds 1..200 --twice --jobs "$(nproc)" --quiet
done < <(find scenarios -name '*.scn' -not -path 'scenarios/defects/*' | LC_ALL=C sort)
