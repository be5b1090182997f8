-- Fingerprints of the period keys in use, so that two services with folders of their own notice that one name means two keys.
CREATE TABLE period_key (
  period      text PRIMARY KEY,
  -- First 16 bytes of SHA-256 over a tag and the key.
  fingerprint bytea NOT NULL CHECK (octet_length(fingerprint) = 16)
);
