-- Ranges of the log whose payload blocks have left PostgreSQL for the content store, contiguous
-- from zero. A segment exists only after its CAR was imported, read back and verified.
CREATE TABLE segment (
  from_index    bigint PRIMARY KEY,
  to_index      bigint NOT NULL UNIQUE,
  root          bytea NOT NULL,
  payload_count integer NOT NULL,
  payload_bytes bigint NOT NULL,
  stored_at     timestamptz NOT NULL DEFAULT now(),
  CHECK (to_index > from_index)
);
