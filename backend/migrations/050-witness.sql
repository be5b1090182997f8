-- Witnesses that were ever asked. Their keys stay known: bundles of their time carry their signatures.
CREATE TABLE witness (
  -- C2SP verifier key
  key  text PRIMARY KEY,
  -- The size that it cosigned last, as far as we know; 409 tells us when we are wrong.
  size bigint NOT NULL CHECK (size >= 0)
);

-- Cosigned checkpoints. Those below the newest that has its quorum are of no more use and are deleted; the anchored ones
-- are in anchor.checkpoint.
CREATE TABLE cosignature (
  origin     text NOT NULL,
  size       bigint NOT NULL,
  key        text NOT NULL REFERENCES witness (key),
  -- The signed checkpoint, without cosignatures, and the witness's signature line.
  checkpoint text NOT NULL,
  line       text NOT NULL,
  PRIMARY KEY (origin, size, key)
);

-- The quorum in force and the size from which it is demanded. What was anchored before stays evidence without it.
CREATE TABLE witness_quorum (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  quorum    integer NOT NULL CHECK (quorum >= 0),
  from_size bigint NOT NULL CHECK (from_size >= 0)
);
