# The rules of the house that a program can check.

# none_match PATTERN FILE...: no line of the files matches.
none_match() {
    local pattern=$1
    shift
    ! grep -nE "$pattern" "$@"
}

# none_in_code PATTERN FILE...: none outside comments and strings.
none_in_code() {
    local pattern=$1 file bad=0
    shift
    for file in "$@"; do
        if gcc -fpreprocessed -dD -E -P "$file" 2>/dev/null | sed 's/"\([^"\\]\|\\.\)*"/""/g' | grep -nE "$pattern"; then
            echo "in $file"
            bad=1
        fi
    done
    return "$bad"
}

mapfile -t sim_files < <(find sim -name '*.[ch]' -not -path sim/detsim.c)
mapfile -t world_files < <(find sim/world sim/run model -name '*.[ch]' -not -path model/redis/score.c \
    -not -path model/redis/score.h -not -path 'sim/run/campaign*' -not -path 'sim/run/progress*')
mapfile -t model_files < <(find model -name '*.[ch]')
mapfile -t report_files < <(find reports -name '*.[ch]')
mapfile -t all_files < <(find sim model reports tests -name '*.[ch]')

verify "sim/ knows nothing of the modelled system" none_match '\b([Pp][Ss][Yy][Nn][Cc]|[Rr]eplicas?|[Rr]edis|RDB|rdb|RESP|resp)\b' "${sim_files[@]}"
verify "no floating point in the simulated world" none_in_code '\b(float|double|math\.h)\b' "${world_files[@]}"
verify "no clock, thread or locale in the model" none_in_code \
    '\b(time|gettimeofday|clock_gettime|rand|random|srand|pthread_[a-z_]*|setlocale)\(' "${model_files[@]}"
verify "model/ sees its world through host.h, system.h, real.h and vocabulary.h" bash -c '
    ! grep -n "#include \"sim/" "$@" | grep -vE "sim/(world/[a-z]+\.h|run/(system|real|judge)\.h|scenario/vocabulary\.h)"' _ "${model_files[@]}"
verify "model/ does not reach behind host.h" none_match '#include "sim/world/world\.h"' "${model_files[@]}"
verify "sim/ includes nothing of model/ or reports/" none_match '#include "(model|reports)/' "${sim_files[@]}"
verify "reports/ includes nothing of model/" none_match '#include "model/' "${report_files[@]}"
verify "nothing is left to do in comments" none_match '\b(TODO|FIXME|XXX|HACK)\b' "${all_files[@]}"

top_level_is_clean() {
    local extra
    extra=$(git ls-files | cut -d/ -f1 | sort -u |
        grep -vxE 'sim|model|scenarios|reports|tests|CMakeLists\.txt|CMakePresets\.json|README\.md|LICENSE|\..*')
    [ -z "$extra" ] || { echo "$extra"; return 1; }
}
verify "the top level holds what it should" top_level_is_clean

has_purpose() {
    local file bad=0
    for file in "$@"; do
        [ "$(head -c 2 "$file")" = "/*" ] && continue
        [ -e "${file%.c}.h" ] && [ "$(head -c 2 "${file%.c}.h")" = "/*" ] || { echo "$file has no paragraph on top that says what it is for"; bad=1; }
    done
    return "$bad"
}
verify "every source file, or its header, opens with its purpose" has_purpose "${all_files[@]}"

index_is_complete() {
    local file bad=0
    while IFS= read -r file; do
        grep -qF "](${file#scenarios/})" scenarios/README.md || { echo "$file is not in scenarios/README.md"; bad=1; }
    done < <(find scenarios -name '*.scn')
    return "$bad"
}
verify "every scenario is in the index" index_is_complete

# The page names scenarios as topic/name.scn and unit tests as test_name.c.
yardstick_names_exist() {
    local name bad=0 page=tests/scenarios/redis-tests.md
    while IFS= read -r name; do
        [ -e "scenarios/$name" ] || [ -e "tests/unit/$name" ] || { echo "$page names $name, which does not exist"; bad=1; }
    done < <(grep -oE '`[a-z0-9_-]+/[a-z0-9_-]+\.scn`|`test_[a-z_]+\.c`' "$page" | tr -d '`' | grep -vx 'topic/name.scn' | grep -vx 'test_name.c' | sort -u)
    return "$bad"
}
verify "the comparison with the real server's tests names files that exist" yardstick_names_exist
