# `detsim serve` beside real servers, redis-cli and redis-benchmark: about a minute. tests/serve/campaign.py is the
# long one.

if redis-server --version 2>/dev/null | grep -q 'v=7\.0\.'; then
    while IFS= read -r line; do
        case $line in
        "ok "*) pass "${line#ok      }" ;;
        "FAILED "*) fail "${line#FAILED  }" ;;
        *) printf '%s\n' "$line" ;;
        esac
    done < <(python3 tests/serve/serve_test.py || echo "FAILED  serve: some of its tests"
        python3 tests/serve/storm.py 5)
else
    echo "left out: no redis-server 7.0 here"
fi
