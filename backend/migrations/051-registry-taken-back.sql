-- Registry changes that were final and in the log when the chain took them back, until it holds them again and they are
-- final again. Nothing is here unless a chain was set back further than its finality depth.
CREATE TABLE registry_taken_back (
  id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  identity bytea NOT NULL CHECK (octet_length(identity) = 20),
  key_id   bytea NOT NULL CHECK (octet_length(key_id) = 32),
  change   smallint NOT NULL CHECK (change BETWEEN 1 AND 3)
);
