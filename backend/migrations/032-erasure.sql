-- A closed period seals nothing more: what is under its key is known, so that its survivors can be wrapped again.
ALTER TABLE period_key ADD COLUMN closed boolean NOT NULL DEFAULT false;

-- Which blocks hold payloads that were sealed under a period's key. A database that was restored lacks them for what it was
-- restored with.
CREATE TABLE period_block (
  period text NOT NULL,
  block  bigint NOT NULL,
  PRIMARY KEY (period, block)
);
CREATE INDEX period_block_block ON period_block (block);

-- Batches whose key is to be destroyed, or was. It is never taken back, and a batch in it is never opened again.
CREATE TABLE erasure (
  digest         bytea PRIMARY KEY CHECK (octet_length(digest) = 32),
  -- Of the key that its payload names; empty where the log alone told of the erasure.
  period         text NOT NULL,
  key_commitment bytea NOT NULL CHECK (octet_length(key_commitment) = 32),
  reason         text NOT NULL CHECK (reason <> ''),
  -- The key that is destroyed for it, from when that is decided.
  retired        text,
  asked_at       timestamptz NOT NULL DEFAULT now(),
  erased_at      timestamptz
);
CREATE INDEX erasure_waiting ON erasure (asked_at) WHERE erased_at IS NULL;
