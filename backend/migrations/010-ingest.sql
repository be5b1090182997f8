-- What ingest acknowledges. A flush writes one block: the entries of its statements in
-- statement_block, their ciphertexts in payload_block, both append-only and range-partitioned by
-- block, so that a partition of payloads can be dropped once the content store holds it.

-- An ingest process reserves 64 ids at a time. Ids commit out of order and may be skipped.
CREATE SEQUENCE block_id INCREMENT BY 64;

CREATE TABLE statement_block (
  id              bigint NOT NULL,
  receipt_time_ms bigint NOT NULL,
  -- Block time in seconds by which receipts promise an anchor.
  deadline        bigint NOT NULL,
  -- Where each entry ends within `entries`, in position order.
  entry_ends      integer[] NOT NULL,
  entries         bytea NOT NULL,
  -- 32 bytes a statement.
  digests         bytea NOT NULL,
  PRIMARY KEY (id)
) PARTITION BY RANGE (id);
ALTER TABLE statement_block ALTER entries SET STORAGE EXTERNAL, ALTER digests SET STORAGE EXTERNAL;

CREATE TABLE payload_block (
  id           bigint NOT NULL,
  -- Where each payload ends within `payloads`; a statement without payload has an empty slice.
  payload_ends integer[] NOT NULL,
  payloads     bytea NOT NULL,
  PRIMARY KEY (id)
) PARTITION BY RANGE (id);
ALTER TABLE payload_block ALTER payloads SET STORAGE EXTERNAL;

CREATE FUNCTION ensure_block_partitions(through bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  width CONSTANT bigint := 16384;
  number bigint;
  parent text;
  child text;
BEGIN
  FOR number IN SELECT generate_series(greatest(through / width - 1, 0), through / width) LOOP
    FOREACH parent IN ARRAY ARRAY['statement_block', 'payload_block'] LOOP
      child := parent || '_' || number;
      CONTINUE WHEN to_regclass(child) IS NOT NULL;
      -- A lock on a relation, unlike an advisory one, also shows what others created before it.
      EXECUTE format('LOCK TABLE %I IN SHARE UPDATE EXCLUSIVE MODE', parent);
      CONTINUE WHEN to_regclass(child) IS NOT NULL;
      EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', child, parent);
      EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)',
        parent, child, number * width, (number + 1) * width);
    END LOOP;
  END LOOP;
END $$;

-- The narrow key of every acknowledged statement: where it is, and that its place is taken.
CREATE TABLE statement (
  author   bytea NOT NULL CHECK (octet_length(author) = 20),
  lane     bigint NOT NULL,
  boot     bigint NOT NULL,
  sequence bigint NOT NULL,
  block    bigint NOT NULL,
  position integer NOT NULL,
  digest   bytea NOT NULL CHECK (octet_length(digest) = 32),
  PRIMARY KEY (author, lane, boot, sequence)
) PARTITION BY HASH (author);
CREATE TABLE statement_0 PARTITION OF statement FOR VALUES WITH (MODULUS 8, REMAINDER 0);
CREATE TABLE statement_1 PARTITION OF statement FOR VALUES WITH (MODULUS 8, REMAINDER 1);
CREATE TABLE statement_2 PARTITION OF statement FOR VALUES WITH (MODULUS 8, REMAINDER 2);
CREATE TABLE statement_3 PARTITION OF statement FOR VALUES WITH (MODULUS 8, REMAINDER 3);
CREATE TABLE statement_4 PARTITION OF statement FOR VALUES WITH (MODULUS 8, REMAINDER 4);
CREATE TABLE statement_5 PARTITION OF statement FOR VALUES WITH (MODULUS 8, REMAINDER 5);
CREATE TABLE statement_6 PARTITION OF statement FOR VALUES WITH (MODULUS 8, REMAINDER 6);
CREATE TABLE statement_7 PARTITION OF statement FOR VALUES WITH (MODULUS 8, REMAINDER 7);
CREATE INDEX statement_digest ON statement USING hash (digest);

-- Blocks acknowledged and not in the log yet. The sequencer deletes what it integrates.
CREATE TABLE pending_block (
  block      bigint PRIMARY KEY,
  statements integer NOT NULL,
  arrived_ms bigint NOT NULL
);

-- Boots that a Reset opened. A boot after the first needs one.
CREATE TABLE chain_reset (
  subject bytea NOT NULL CHECK (octet_length(subject) = 20),
  lane    bigint NOT NULL,
  boot    bigint NOT NULL,
  digest  bytea NOT NULL CHECK (octet_length(digest) = 32),
  PRIMARY KEY (subject, lane, boot)
);

-- Of several statements for one place the first is acknowledged; the first that contradicts it is
-- kept here as evidence, and the others are counted. `same-place`: another digest under the same
-- key. `broken-link`: the successor names another predecessor than the one acknowledged.
CREATE TABLE conflict (
  author             bytea NOT NULL CHECK (octet_length(author) = 20),
  lane               bigint NOT NULL,
  boot               bigint NOT NULL,
  sequence           bigint NOT NULL,
  form               text NOT NULL CHECK (form IN ('same-place', 'broken-link')),
  accepted_digest    bytea NOT NULL CHECK (octet_length(accepted_digest) = 32),
  conflicting_digest bytea NOT NULL CHECK (octet_length(conflicting_digest) = 32),
  conflicting        bytea NOT NULL,
  refusals           bigint NOT NULL DEFAULT 1,
  -- Whether the log has its Equivocation statement.
  recorded           boolean NOT NULL DEFAULT false,
  PRIMARY KEY (author, lane, boot, sequence)
);
CREATE INDEX conflict_waiting ON conflict (author, lane, boot, sequence) WHERE NOT recorded;

-- How far back from the last good statement of a revoked key its ancestors are known: the digest
-- that may still arrive. Zero length once the chain's first statement is here.
CREATE TABLE lineage_frontier (
  author   bytea NOT NULL CHECK (octet_length(author) = 20),
  key_id   bytea NOT NULL CHECK (octet_length(key_id) = 32),
  expected bytea NOT NULL CHECK (octet_length(expected) IN (0, 32)),
  PRIMARY KEY (author, key_id)
);
