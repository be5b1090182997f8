-- A log that is being rebuilt from its chain and content store. Present and not finished: no service may continue it.
CREATE TABLE restoration (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  log_id    bytea NOT NULL CHECK (octet_length(log_id) = 32),
  -- Size of the newest anchor when the restoration began.
  target    bigint NOT NULL,
  finished  boolean NOT NULL DEFAULT false
);
