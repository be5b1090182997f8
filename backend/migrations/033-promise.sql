-- Challenges of this log's promises, as AnchorPromise holds them. Derived from the chain, as in 020.
CREATE TABLE promise_challenge (
  receipt_digest bytea PRIMARY KEY CHECK (octet_length(receipt_digest) = 32),
  digest         bytea NOT NULL CHECK (octet_length(digest) = 32),
  entry_hash     bytea NOT NULL CHECK (octet_length(entry_hash) = 32),
  -- Unix seconds: the time promised, and the last at which an answer is heard.
  deadline       bigint NOT NULL,
  answer_by      bigint NOT NULL,
  block_number   bigint NOT NULL,
  answered_block bigint
);
CREATE INDEX promise_challenge_open ON promise_challenge (answer_by) WHERE answered_block IS NULL;
CREATE INDEX promise_challenge_block ON promise_challenge (block_number);
