-- One row per checkpoint chosen for the chain. It moves forward only: chosen → pinned (manifest in
-- the content store, read back) → submitted (signed transaction in the outbox) → confirmed (the
-- follower saw the event) → archived (evidence stored and verified). A reorganisation that removes
-- the event takes it back to submitted; `superseded` means the chain already holds a larger size,
-- `unprovable` that the node lost the block's state before it was archived: the next anchor's
-- evidence covers its entries as well.
CREATE TABLE anchor (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  epoch       bigint NOT NULL,
  size        bigint NOT NULL,
  root        bytea NOT NULL CHECK (octet_length(root) = 32),
  term        bigint NOT NULL,
  checkpoint  text NOT NULL,
  from_index  bigint NOT NULL,
  manifest    bytea,
  status      text NOT NULL DEFAULT 'chosen'
              CHECK (status IN ('chosen', 'pinned', 'submitted', 'confirmed', 'archived', 'superseded', 'unprovable')),
  attempt     integer NOT NULL DEFAULT 0,
  chosen_at   timestamptz NOT NULL DEFAULT now(),
  UNIQUE (epoch, size),
  CHECK (status IN ('chosen', 'superseded') OR manifest IS NOT NULL)
);
CREATE INDEX anchor_unfinished ON anchor (epoch, size) WHERE status IN ('chosen', 'pinned', 'submitted', 'confirmed');

-- What proves an anchor offline; docs/spec/log.md "Evidence of an anchor".
CREATE TABLE anchor_evidence (
  anchor_id          bigint PRIMARY KEY REFERENCES anchor (id),
  block_number       bigint NOT NULL,
  block_hash         bytea NOT NULL CHECK (octet_length(block_hash) = 32),
  block_time         bigint NOT NULL,
  header             bytea NOT NULL,
  transaction_hash   bytea NOT NULL,
  receipt_index      integer NOT NULL,
  receipt            bytea NOT NULL,
  receipt_proof      bytea[] NOT NULL,
  log_index          integer NOT NULL,
  contract_proof     bytea[] NOT NULL,
  registry_proof     bytea[] NOT NULL,
  -- Entries whose authors' key records are proven here: [covers_from, size of the anchor).
  covers_from        bigint NOT NULL,
  archived_at        timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX anchor_evidence_covers ON anchor_evidence (covers_from);

-- Storage proofs of the three slots of a key record, at the anchor's block.
CREATE TABLE anchor_key_record (
  anchor_id  bigint NOT NULL REFERENCES anchor_evidence (anchor_id) ON DELETE CASCADE,
  identity   bytea NOT NULL CHECK (octet_length(identity) = 20),
  key_id     bytea NOT NULL CHECK (octet_length(key_id) = 32),
  validity   bytea[] NOT NULL,
  profile    bytea[] NOT NULL,
  last_good  bytea[] NOT NULL,
  PRIMARY KEY (anchor_id, identity, key_id)
);
