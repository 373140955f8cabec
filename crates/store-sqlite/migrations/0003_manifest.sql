-- The lists of the web part's files that "software" entries name, in the order in which they came: what an old entry stood for.
CREATE TABLE manifest (
    number INTEGER PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
    bytes BLOB NOT NULL
) STRICT;
