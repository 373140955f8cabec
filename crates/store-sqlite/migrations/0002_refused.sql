-- What the record's rules keep out: why, and the log's time (seconds since 1970) of the first batch that could not take it.
-- Null for what no batch has refused. Such rows come last, and hold no place.
ALTER TABLE waiting_event ADD COLUMN refused TEXT;
ALTER TABLE waiting_event ADD COLUMN refused_since INTEGER;
ALTER TABLE direct ADD COLUMN refused TEXT;
ALTER TABLE direct ADD COLUMN refused_since INTEGER;
ALTER TABLE filing ADD COLUMN refused TEXT;
ALTER TABLE filing ADD COLUMN refused_since INTEGER;
-- Not tried before the server starts again.
ALTER TABLE filing ADD COLUMN given_up INTEGER NOT NULL DEFAULT 0;

-- What was promised and left the queue without a place. Kept for ever: somebody may hold the promise.
-- Lists: 0 direct, 2 late sign-ons.
CREATE TABLE given_up (
    leaf BLOB PRIMARY KEY CHECK (length(leaf) = 32),
    list INTEGER NOT NULL,
    memo BLOB,
    entry BLOB NOT NULL,
    reason TEXT NOT NULL,
    since INTEGER NOT NULL          -- the log's time of the batch that gave it up
) STRICT, WITHOUT ROWID;

-- So that counting what holds a place need not look at every row.
CREATE INDEX waiting_event_refused ON waiting_event (refused_since) WHERE refused_since IS NOT NULL;
CREATE INDEX filing_given_up ON filing (memo) WHERE given_up = 1;
