-- The first schema. Never edited: a change is a new file.
--
-- Kinds of events: 0 opening, 1 version, 2 sign-on, 3 access.
-- Forms of events: 0 in a slot, 1 an entry of its own whose place in the batch is drawn at random,
-- 2 an entry of its own in the order of acceptance (its entry stands in "direct").

CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Events that wait for their batch. No row numbers, no times: the key is random. Rows are moved to
-- "event" and "file" by the batch, in an order drawn at random, and overwritten here. "since" says in
-- which interval an event came in, as its place will, so that none waits longer than was promised.
CREATE TABLE waiting_event (
    key BLOB PRIMARY KEY CHECK (length(key) = 32),
    form INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    memo BLOB NOT NULL CHECK (length(memo) = 32),
    salt BLOB NOT NULL CHECK (length(salt) = 32),
    who BLOB NOT NULL,              -- the nullifier; for an access its key; else empty
    number INTEGER NOT NULL,        -- of a version or sign-on; else 0
    since INTEGER NOT NULL,         -- the number of entries when it came in
    event BLOB NOT NULL,
    entry BLOB,                     -- of form 1
    file_kind INTEGER,
    file_digest BLOB,
    file BLOB
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX waiting_event_act ON waiting_event (memo, kind, who, number);
CREATE UNIQUE INDEX waiting_event_opening ON waiting_event (who) WHERE kind = 0;
CREATE UNIQUE INDEX waiting_event_memo ON waiting_event (memo) WHERE kind = 0;

-- Events with a place: entry and slot, or entry alone.
CREATE TABLE event (
    key BLOB PRIMARY KEY CHECK (length(key) = 32),
    form INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    memo BLOB NOT NULL,
    salt BLOB NOT NULL,
    who BLOB NOT NULL,
    number INTEGER NOT NULL,
    event BLOB NOT NULL,
    file_digest BLOB,
    at_entry INTEGER NOT NULL,
    at_slot INTEGER
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX event_act ON event (memo, kind, who, number);
CREATE UNIQUE INDEX event_opening ON event (who) WHERE kind = 0;
CREATE UNIQUE INDEX event_memo ON event (memo) WHERE kind = 0;

-- What is left of the events of an erased draft that waited: their slots were promised, and stand in the
-- record as random numbers that nobody ever opens.
CREATE TABLE bare_slot (
    key BLOB PRIMARY KEY CHECK (length(key) = 32),
    since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The nullifiers of erased drafts' openings: a member does not get more of them by withdrawing.
CREATE TABLE spent_opening (
    nullifier BLOB PRIMARY KEY CHECK (length(nullifier) = 32)
) STRICT, WITHOUT ROWID;

-- Kinds of files: 0 version, 1 note, 2 filing, 3 returned, 4 distributed, 5 responded, 6 rejoined.
CREATE TABLE file (
    memo BLOB NOT NULL,
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    kind INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (memo, digest)
) STRICT, WITHOUT ROWID;
CREATE INDEX file_kind ON file (memo, kind);

-- A bundle is shown once the entry with that leaf hash stands in the record.
CREATE TABLE bundle (
    digest BLOB PRIMARY KEY,
    memo BLOB NOT NULL,
    leaf BLOB NOT NULL,
    bytes BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE waiting_act (
    memo BLOB NOT NULL,
    body_hash BLOB NOT NULL,
    body BLOB NOT NULL,
    file_kind INTEGER,
    file_digest BLOB,
    file BLOB,
    PRIMARY KEY (memo, body_hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE approval (
    memo BLOB NOT NULL,
    body_hash BLOB NOT NULL,
    author BLOB NOT NULL,
    approval BLOB NOT NULL,
    PRIMARY KEY (memo, body_hash, author),
    FOREIGN KEY (memo, body_hash) REFERENCES waiting_act (memo, body_hash) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- A memo with a row here is filed, or about to be.
CREATE TABLE filing (
    number INTEGER PRIMARY KEY,
    memo BLOB NOT NULL UNIQUE,
    body_hash BLOB NOT NULL,
    leaf BLOB NOT NULL,
    entry BLOB,                     -- until it stands in the record
    at_entry INTEGER
) STRICT;

-- Entries of their own that wait, in the order of acceptance.
CREATE TABLE direct (
    number INTEGER PRIMARY KEY,
    leaf BLOB NOT NULL UNIQUE,
    memo BLOB,
    entry BLOB NOT NULL
) STRICT;

-- What only one entry may ever hold.
CREATE TABLE claim (
    name TEXT PRIMARY KEY,
    leaf BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE message (
    memo BLOB NOT NULL,
    number INTEGER NOT NULL,
    side INTEGER NOT NULL,          -- 0 authors, 1 office
    day TEXT NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (memo, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE entry (
    number INTEGER PRIMARY KEY,
    leaf BLOB NOT NULL CHECK (length(leaf) = 32),
    bytes BLOB NOT NULL
) STRICT;
CREATE INDEX entry_leaf ON entry (leaf);

CREATE TABLE checkpoint (
    size INTEGER PRIMARY KEY,
    root BLOB NOT NULL CHECK (length(root) = 32),
    note BLOB                       -- as it was published; null until then
) STRICT;

CREATE TABLE account (
    name TEXT PRIMARY KEY,
    role TEXT NOT NULL,
    password TEXT,                  -- PHC; null until the invitation was taken up
    sign BLOB,
    seal TEXT,
    office_key BLOB                 -- the office's key, sealed to this account
) STRICT, WITHOUT ROWID;

CREATE TABLE invitation (
    code BLOB PRIMARY KEY,
    account TEXT NOT NULL UNIQUE REFERENCES account (name) ON DELETE CASCADE,
    expires INTEGER NOT NULL        -- seconds since 1970
) STRICT, WITHOUT ROWID;

CREATE TABLE session (
    token BLOB PRIMARY KEY,
    account TEXT NOT NULL REFERENCES account (name) ON DELETE CASCADE,
    expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_account ON session (account);

CREATE TABLE mailbox (
    ticket BLOB PRIMARY KEY CHECK (length(ticket) = 32),
    enrolment BLOB,
    reply BLOB
) STRICT, WITHOUT ROWID;

CREATE TABLE edition (
    number INTEGER PRIMARY KEY,
    leaf BLOB NOT NULL,
    file BLOB NOT NULL,
    register BLOB NOT NULL          -- sealed to the overseer
) STRICT;
