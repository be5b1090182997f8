-- The log. Only the sequencer that holds the term in log_head writes here.

CREATE TABLE log_head (
  singleton              boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  origin            text NOT NULL,
  epoch             bigint NOT NULL,
  -- Raised by every sequencer that takes over, so that one that was paused cannot write.
  term              bigint NOT NULL,
  size              bigint NOT NULL,
  root              bytea NOT NULL CHECK (octet_length(root) = 32),
  checkpoint        text NOT NULL,
  signed_ms         bigint NOT NULL,
  -- The operator's own author chain.
  operator_sequence bigint NOT NULL,
  operator_digest   bytea NOT NULL CHECK (octet_length(operator_digest) = 32)
);

-- The checkpoint that may be shown: it is in DATA_DIR/published as well.
CREATE TABLE log_published (
  singleton         boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  size         bigint NOT NULL,
  root         bytea NOT NULL CHECK (octet_length(root) = 32),
  checkpoint   text NOT NULL,
  published_ms bigint NOT NULL
);

-- Log index of a statement = first_index of its block + its position.
CREATE TABLE sequenced_block (
  block       bigint PRIMARY KEY,
  first_index bigint NOT NULL UNIQUE,
  statements  integer NOT NULL CHECK (statements > 0),
  term        bigint NOT NULL
);

-- Full tiles, 256 hashes. Entry bundles are read from the blocks.
CREATE TABLE tile (
  level  smallint NOT NULL,
  number bigint NOT NULL,
  hashes bytea NOT NULL CHECK (octet_length(hashes) = 8192),
  PRIMARY KEY (level, number)
);
ALTER TABLE tile ALTER hashes SET STORAGE EXTERNAL;

-- The right edge: the partial tile of each level at log_head.size. Older partial tiles are its
-- truncations.
CREATE TABLE edge_tile (
  level  smallint PRIMARY KEY,
  hashes bytea NOT NULL CHECK (octet_length(hashes) < 8192 AND octet_length(hashes) % 32 = 0)
);
ALTER TABLE edge_tile ALTER hashes SET STORAGE EXTERNAL;

-- Intervals missing in author chains. One that outlived the window is recorded as a Gap statement
-- and stays, so that statements which arrive later are still taken.
CREATE TABLE chain_hole (
  author         bytea NOT NULL CHECK (octet_length(author) = 20),
  lane           bigint NOT NULL,
  boot           bigint NOT NULL,
  first_sequence bigint NOT NULL,
  last_sequence  bigint NOT NULL CHECK (last_sequence >= first_sequence),
  since_ms       bigint NOT NULL,
  recorded       boolean NOT NULL,
  PRIMARY KEY (author, lane, boot, first_sequence)
);
CREATE INDEX chain_hole_waiting ON chain_hole (since_ms) WHERE NOT recorded;

-- Types whose declaration is in the log.
CREATE TABLE declared_type (
  type_hash bytea PRIMARY KEY CHECK (octet_length(type_hash) = 32),
  log_index bigint NOT NULL
);

-- What features ask the operator to state. The sequencer alone authors it; `reference` makes an
-- intent happen once.
CREATE TABLE operator_intent (
  id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  reference text NOT NULL UNIQUE,
  kind      text NOT NULL,
  body      jsonb NOT NULL,
  log_index bigint
);
CREATE INDEX operator_intent_waiting ON operator_intent (id) WHERE log_index IS NULL;
