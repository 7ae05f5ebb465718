-- The evidence file, schema version 1. Times are ns of simulated time unless the name says wall; sizes are bytes.
-- A run is written in one transaction: what stands here of a run is whole. Run ids are campaign.first_run plus the
-- run's number, so they do not depend on the number of jobs. Seeds are unsigned: print them with printf('%u', seed).
-- Text that is not valid UTF-8, or holds a zero byte, stands here with \xHH for each such byte.

CREATE TABLE campaign (            -- one call of `detsim run` or `detsim fuzz`
    id          INTEGER PRIMARY KEY,
    command     TEXT NOT NULL,
    version     TEXT NOT NULL,     -- of detsim
    record      TEXT NOT NULL CHECK (record IN ('summary', 'ops', 'events')),
    first_run   INTEGER NOT NULL UNIQUE,
    run_count   INTEGER NOT NULL,  -- run ids first_run .. first_run + run_count - 1 are its own
    started     TEXT NOT NULL,     -- UTC
    finished    TEXT,              -- NULL: still going, or killed
    interrupted INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE scenario (
    id    INTEGER PRIMARY KEY,
    hash  TEXT NOT NULL,           -- XXH3, 128 bits, of the file's bytes
    file  TEXT NOT NULL,
    title TEXT,
    text  TEXT NOT NULL,
    UNIQUE (hash, file)
) STRICT;

CREATE TABLE run (
    id        INTEGER PRIMARY KEY,
    campaign  INTEGER NOT NULL REFERENCES campaign (id),
    scenario  INTEGER NOT NULL REFERENCES scenario (id),
    number    INTEGER NOT NULL,    -- in its campaign, from 0
    seed      INTEGER NOT NULL,
    verdict   TEXT NOT NULL CHECK (verdict IN ('pass', 'fail')),
    trace     TEXT NOT NULL,       -- the trace hash, 16 hex digits
    events    INTEGER NOT NULL,    -- fired
    sim_ns    INTEGER NOT NULL,
    wall_ns   INTEGER NOT NULL,
    failure   TEXT,                -- the first failure in one line
    failed_ns INTEGER,             -- when
    version   TEXT NOT NULL        -- of detsim
) STRICT;

CREATE TABLE party (               -- who takes part: nodes first, then clients and consoles
    run  INTEGER NOT NULL REFERENCES run (id),
    ord  INTEGER NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('node', 'client')),
    PRIMARY KEY (run, ord)
) STRICT, WITHOUT ROWID;

CREATE TABLE node_final (          -- INFO's fields at the end; numbers are INTEGER, the rest TEXT
    run   INTEGER NOT NULL REFERENCES run (id),
    ord   INTEGER NOT NULL,        -- INFO's order
    node  TEXT NOT NULL,
    field TEXT NOT NULL,
    value ANY,
    PRIMARY KEY (run, ord)
) STRICT, WITHOUT ROWID;

CREATE TABLE check_result (
    run     INTEGER NOT NULL REFERENCES run (id),
    name    TEXT NOT NULL,
    verdict TEXT NOT NULL CHECK (verdict IN ('ok', 'anomaly', 'violation', 'unknown')),
    count   INTEGER NOT NULL,      -- how often it was broken
    detail  TEXT NOT NULL,         -- the first time
    at_ns   INTEGER,               -- when that was
    PRIMARY KEY (run, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE expectation_result (
    run     INTEGER NOT NULL REFERENCES run (id),
    ord     INTEGER NOT NULL,      -- the file's order
    line    INTEGER NOT NULL,
    text    TEXT NOT NULL,
    verdict TEXT NOT NULL CHECK (verdict IN ('held', 'missed')),
    got     TEXT,
    at_ns   INTEGER,               -- when it was judged; NULL: never
    PRIMARY KEY (run, ord)
) STRICT, WITHOUT ROWID;

CREATE TABLE metric (              -- figures of the whole run: run.METRIC of the scenario language
    run   INTEGER NOT NULL REFERENCES run (id),
    name  TEXT NOT NULL,
    value INTEGER NOT NULL,
    PRIMARY KEY (run, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE fault_count (         -- faults that really happened, by kind
    run   INTEGER NOT NULL REFERENCES run (id),
    kind  TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (run, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE note (                -- directives without effect, lines that did nothing
    run  INTEGER NOT NULL REFERENCES run (id),
    ord  INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (run, ord)
) STRICT, WITHOUT ROWID;

CREATE TABLE sample (              -- --record ops and events
    run    INTEGER NOT NULL REFERENCES run (id),
    t      INTEGER NOT NULL,
    node   TEXT NOT NULL,
    metric TEXT NOT NULL,
    value  INTEGER NOT NULL,
    PRIMARY KEY (run, t, node, metric)
) STRICT, WITHOUT ROWID;

CREATE TABLE op (                  -- --record ops and events: operations of clients and of the timeline
    run      INTEGER NOT NULL REFERENCES run (id),
    ord      INTEGER NOT NULL,     -- in the order in which their fates became known
    client   TEXT NOT NULL,
    number   INTEGER NOT NULL,     -- the client's own count
    node     TEXT NOT NULL,        -- whom it was sent to
    invoke   INTEGER NOT NULL,
    "return" INTEGER,              -- NULL: never
    command  TEXT NOT NULL,
    "key"    TEXT,
    reply    TEXT,
    fate     TEXT NOT NULL CHECK (fate IN ('ok', 'error', 'closed', 'timeout', 'pending')),
    PRIMARY KEY (run, ord)
) STRICT, WITHOUT ROWID;

CREATE TABLE event (               -- --record events: everything that happened
    run    INTEGER NOT NULL REFERENCES run (id),
    seq    INTEGER NOT NULL,
    t      INTEGER NOT NULL,
    kind   TEXT NOT NULL,
    "from" TEXT,
    "to"   TEXT,
    detail TEXT,
    PRIMARY KEY (run, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE fault (               -- what the scenario and chaos did; one row from its beginning to its undoing
    run      INTEGER NOT NULL REFERENCES run (id),
    ord      INTEGER NOT NULL,
    begin_ns INTEGER NOT NULL,
    end_ns   INTEGER,              -- NULL: at once over, or never undone
    node     TEXT,
    peer     TEXT,
    action   TEXT NOT NULL,        -- in the scenario's words
    PRIMARY KEY (run, ord)
) STRICT, WITHOUT ROWID;

CREATE TABLE probe (               -- states, decisions and rare branches, and how often a run came by; rows with
                                   -- count 0 only for a campaign's run number 0, which has a row for each there is
    run   INTEGER NOT NULL REFERENCES run (id),
    name  TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (run, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE finding (             -- one row a distinct failure of a campaign
    id         INTEGER PRIMARY KEY,
    campaign   INTEGER NOT NULL REFERENCES campaign (id),
    file       TEXT NOT NULL,      -- of its scenarios
    scenario   INTEGER NOT NULL REFERENCES scenario (id), -- that of its first seed
    kind       TEXT NOT NULL CHECK (kind IN ('check', 'expectation', 'run')),
    name       TEXT NOT NULL,      -- the check, or the expectation's words
    runs       INTEGER NOT NULL,   -- how many runs show it
    first_seed INTEGER NOT NULL,
    last_seed  INTEGER NOT NULL,
    detail     TEXT,               -- of its first seed
    minimal    TEXT,               -- the smallest scenario that still shows it
    UNIQUE (campaign, file, kind, name)
) STRICT;

-- --- the questions people ask ----------------------------------------------------------------------------------

CREATE VIEW v_failures AS          -- every broken promise and missed expectation
    SELECT run.id AS run, run.campaign, scenario.file, printf('%u', run.seed) AS seed, run.trace, broken.kind,
           broken.name, broken.detail, broken.at_ns
      FROM run
      JOIN scenario ON scenario.id = run.scenario
      JOIN (SELECT run, 'check' AS kind, name, detail, at_ns
              FROM check_result WHERE verdict = 'violation'
            UNION ALL
            SELECT run, 'expectation', text, got, at_ns
              FROM expectation_result WHERE verdict = 'missed'
            UNION ALL
            SELECT id, 'run', 'failure', failure, failed_ns
              FROM run AS r
             WHERE verdict = 'fail'
               AND NOT EXISTS (SELECT 1 FROM check_result AS c WHERE c.run = r.id AND c.verdict = 'violation')
               AND NOT EXISTS (SELECT 1 FROM expectation_result AS e WHERE e.run = r.id AND e.verdict = 'missed')
           ) AS broken ON broken.run = run.id;

CREATE VIEW v_lost_writes AS       -- runs that lost acknowledged writes; acknowledged is NULL without recorded ops
    SELECT run.id AS run, run.campaign, scenario.file, printf('%u', run.seed) AS seed, metric.value AS lost,
           (SELECT nullif(count(*), 0) FROM op WHERE op.run = run.id AND op.fate = 'ok') AS acknowledged,
           (SELECT group_concat(action, '; ') FROM fault WHERE fault.run = run.id) AS faults
      FROM run
      JOIN scenario ON scenario.id = run.scenario
      JOIN metric ON metric.run = run.id AND metric.name = 'lost_acked_writes'
     WHERE metric.value > 0;

CREATE VIEW v_staleness AS         -- how far each node lay behind its master at worst, and when first so far
    SELECT run.id AS run, run.campaign, scenario.file, printf('%u', run.seed) AS seed, worst.node,
           worst.value AS worst_lag_bytes, worst.t AS worst_ns,
           (SELECT value FROM metric WHERE metric.run = run.id AND name = 'stale_reads') AS stale_reads,
           (SELECT value FROM metric WHERE metric.run = run.id AND name = 'staleness_max') AS staleness_max
      FROM run
      JOIN scenario ON scenario.id = run.scenario
      JOIN (SELECT run, node, value, t,
                   row_number() OVER (PARTITION BY run, node ORDER BY value DESC, t) AS place
              FROM sample WHERE metric = 'lag_bytes'
           ) AS worst ON worst.run = run.id AND worst.place = 1
     WHERE worst.value > 0;

CREATE VIEW v_resyncs AS           -- full and partial resyncs of whole runs, over all processes of all nodes
    SELECT run.id AS run, run.campaign, scenario.file, printf('%u', run.seed) AS seed, run.verdict,
           max(CASE metric.name WHEN 'full_syncs' THEN metric.value END) AS full_syncs,
           max(CASE metric.name WHEN 'partial_syncs' THEN metric.value END) AS partial_syncs,
           max(CASE metric.name WHEN 'resync_loops' THEN metric.value END) AS resync_loops
      FROM run
      JOIN scenario ON scenario.id = run.scenario
      JOIN metric ON metric.run = run.id AND metric.name IN ('full_syncs', 'partial_syncs', 'resync_loops')
     GROUP BY run.id;

CREATE VIEW v_compare AS           -- each run beside the previous run of the same scenario text and seed
    SELECT scenario.file, printf('%u', seed) AS seed, before_run, pair.id AS run, before_version, version,
           before_verdict, verdict, before_trace, trace, before_trace = trace AS same_trace,
           before_verdict = verdict AS same_verdict, before_wall_ns, wall_ns
      FROM (SELECT run.*,
                   lag(run.id) OVER same AS before_run, lag(run.version) OVER same AS before_version,
                   lag(run.verdict) OVER same AS before_verdict, lag(run.trace) OVER same AS before_trace,
                   lag(run.wall_ns) OVER same AS before_wall_ns
              FROM run JOIN scenario ON scenario.id = run.scenario
            WINDOW same AS (PARTITION BY scenario.hash, run.seed ORDER BY run.id)
           ) AS pair
      JOIN scenario ON scenario.id = pair.scenario
     WHERE before_run IS NOT NULL;
