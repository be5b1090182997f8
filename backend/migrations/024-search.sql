-- Derived from the log; may be truncated, the indexer starts again from next_index = 0. A row says
-- that a sequenced block holds a statement of an author or a kind: one row a block and author, not
-- one a statement, so that searching costs ingest little. Times are the authors' own, Unix ms.

CREATE TABLE search_progress (
  singleton  boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  next_index bigint NOT NULL DEFAULT 0
);
INSERT INTO search_progress DEFAULT VALUES;

CREATE TABLE author_block (
  author      bytea NOT NULL CHECK (octet_length(author) = 20),
  first_index bigint NOT NULL,
  min_time_ms numeric(20, 0) NOT NULL,
  max_time_ms numeric(20, 0) NOT NULL,
  PRIMARY KEY (author, first_index)
);

CREATE TABLE kind_block (
  type_hash   bytea NOT NULL CHECK (octet_length(type_hash) = 32),
  first_index bigint NOT NULL,
  min_time_ms numeric(20, 0) NOT NULL,
  max_time_ms numeric(20, 0) NOT NULL,
  PRIMARY KEY (type_hash, first_index)
);
CREATE INDEX kind_block_index ON kind_block (first_index);
