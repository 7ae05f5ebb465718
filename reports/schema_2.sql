-- Schema version 2: what detsim conform found.

CREATE TABLE conform_fact (        -- one fact of a scenario in the model and on real servers
    id       INTEGER PRIMARY KEY,
    campaign INTEGER NOT NULL REFERENCES campaign (id),
    scenario TEXT NOT NULL,        -- file
    title    TEXT NOT NULL,
    subject  TEXT NOT NULL,        -- a node, or 'line N'; '' for the scenario as a whole
    name     TEXT NOT NULL,        -- a field, a command, 'log', an expectation
    verdict  TEXT NOT NULL CHECK (verdict IN ('agrees', 'differs', 'unstable', 'not comparable')),
    model    TEXT NOT NULL,        -- what came out, in words
    real     TEXT NOT NULL,
    why      TEXT NOT NULL         -- '' where nothing needs to be said
) STRICT;

CREATE INDEX conform_fact_scenario ON conform_fact (campaign, scenario);

CREATE VIEW v_conform AS           -- scenarios and how many of their facts agree
    SELECT campaign, scenario, title, count(*) AS facts, sum(verdict = 'agrees') AS agree,
           sum(verdict = 'differs') AS differ, sum(verdict = 'unstable') AS unstable,
           sum(verdict = 'not comparable') AS not_comparable
      FROM conform_fact
     GROUP BY campaign, scenario;
