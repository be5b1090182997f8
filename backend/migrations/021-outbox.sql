-- Transactions of the service's own accounts. A row and its signed bytes exist before anything is
-- sent, so a crash at any point resends the same bytes and never spends a nonce twice.

CREATE TABLE outbox_transaction (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  account      bytea NOT NULL CHECK (octet_length(account) = 20),
  reference    text NOT NULL,
  nonce        bigint NOT NULL,
  destination  bytea NOT NULL CHECK (octet_length(destination) = 20),
  calldata     bytea NOT NULL,
  gas_limit    bigint NOT NULL,
  -- pending: not seen in a block · mined: succeeded · reverted: mined, but failed · lost: its nonce
  -- was spent by a transaction that is not ours
  status       text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'mined', 'reverted', 'lost')),
  mined_hash   bytea,
  mined_block  bigint,
  block_hash   bytea,
  created_at   timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX outbox_nonce ON outbox_transaction (account, nonce) WHERE status <> 'lost';
CREATE INDEX outbox_reference ON outbox_transaction (reference, id);
CREATE INDEX outbox_pending ON outbox_transaction (account, nonce) WHERE status = 'pending';

-- Signed forms of one transaction on one nonce, each with higher fees than the one before.
CREATE TABLE outbox_attempt (
  transaction_id       bigint NOT NULL REFERENCES outbox_transaction (id),
  hash                 bytea NOT NULL CHECK (octet_length(hash) = 32),
  raw                  bytea NOT NULL,
  max_fee              numeric(78, 0) NOT NULL,
  max_priority_fee     numeric(78, 0) NOT NULL,
  sent_at              timestamptz,
  created_at           timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (transaction_id, hash)
);
