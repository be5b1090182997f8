-- What the follower knows of the chain. Everything but the binding and the profiles is derived
-- from the chain and may be truncated: the follower reads it again from the first block.

CREATE TABLE chain_binding (
  singleton            boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  chain_id        numeric(78, 0) NOT NULL,
  genesis_hash    bytea NOT NULL CHECK (octet_length(genesis_hash) = 32),
  evidence_log    bytea NOT NULL CHECK (octet_length(evidence_log) = 20),
  device_registry bytea NOT NULL CHECK (octet_length(device_registry) = 20),
  log_id          bytea NOT NULL CHECK (octet_length(log_id) = 32)
);

-- Blocks applied, the newest being the follower's head. Recent ones are all kept, so that a
-- reorganisation finds its fork point; of older ones only the ends of the ranges read.
CREATE TABLE chain_block (
  number bigint PRIMARY KEY,
  hash   bytea NOT NULL CHECK (octet_length(hash) = 32),
  time   bigint NOT NULL
);

-- Incremented when a reorganisation removed something, so that every process reloads its directory.
CREATE TABLE chain_rewind (
  singleton  boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  count bigint NOT NULL DEFAULT 0
);
INSERT INTO chain_rewind DEFAULT VALUES;

CREATE SEQUENCE device_revision;

CREATE TABLE device_key (
  identity       bytea NOT NULL CHECK (octet_length(identity) = 20),
  key_id         bytea NOT NULL CHECK (octet_length(key_id) = 32),
  algorithm      smallint NOT NULL,
  purpose        integer NOT NULL,
  profile        bytea NOT NULL CHECK (octet_length(profile) = 32),
  valid_from     bigint NOT NULL,
  enrolled_block bigint NOT NULL,
  enrolled_hash  bytea NOT NULL CHECK (octet_length(enrolled_hash) = 32),
  revoked_at     bigint,
  revoked_block  bigint,
  last_good      bytea CHECK (octet_length(last_good) = 32),
  revision       bigint NOT NULL DEFAULT nextval('device_revision'),
  PRIMARY KEY (identity, key_id),
  CHECK ((revoked_at IS NULL) = (revoked_block IS NULL) AND (revoked_at IS NULL) = (last_good IS NULL))
);
CREATE INDEX device_key_revision ON device_key (revision);
CREATE INDEX device_key_enrolled ON device_key (enrolled_block);
CREATE INDEX device_key_revoked ON device_key (revoked_block) WHERE revoked_block IS NOT NULL;

CREATE TABLE device_owner (
  identity     bytea NOT NULL CHECK (octet_length(identity) = 20),
  block_number bigint NOT NULL,
  log_index    integer NOT NULL,
  owner        bytea NOT NULL CHECK (octet_length(owner) = 20),
  revision     bigint NOT NULL DEFAULT nextval('device_revision'),
  PRIMARY KEY (identity, block_number, log_index)
);
CREATE INDEX device_owner_revision ON device_owner (revision);
CREATE INDEX device_owner_owner ON device_owner (owner);
CREATE INDEX device_owner_block ON device_owner (block_number);

-- Registry changes in chain order. A change becomes a RegistryEvent statement at finality.
CREATE TABLE registry_event (
  block_number     bigint NOT NULL,
  log_index        integer NOT NULL,
  block_hash       bytea NOT NULL CHECK (octet_length(block_hash) = 32),
  transaction_hash bytea NOT NULL CHECK (octet_length(transaction_hash) = 32),
  identity         bytea NOT NULL CHECK (octet_length(identity) = 20),
  key_id           bytea NOT NULL CHECK (octet_length(key_id) = 32),
  change           smallint NOT NULL CHECK (change BETWEEN 1 AND 3),
  queued           boolean NOT NULL DEFAULT false,
  PRIMARY KEY (block_number, log_index)
);
CREATE INDEX registry_event_waiting ON registry_event (block_number, log_index) WHERE NOT queued;

-- Anchored events of this log, whoever sent them.
CREATE TABLE chain_anchor (
  epoch             bigint NOT NULL,
  size              bigint NOT NULL,
  root              bytea NOT NULL CHECK (octet_length(root) = 32),
  manifest          bytea NOT NULL CHECK (octet_length(manifest) = 32),
  previous_block    bigint NOT NULL,
  block_number      bigint NOT NULL,
  block_hash        bytea NOT NULL CHECK (octet_length(block_hash) = 32),
  block_time        bigint NOT NULL,
  transaction_hash  bytea NOT NULL CHECK (octet_length(transaction_hash) = 32),
  transaction_index integer NOT NULL,
  log_index         integer NOT NULL,
  PRIMARY KEY (epoch, size)
);
CREATE INDEX chain_anchor_block ON chain_anchor (block_number);

-- Profile documents (JCS), by the SHA-256 that enrolments and batches cite.
CREATE TABLE profile (
  hash     bytea PRIMARY KEY CHECK (octet_length(hash) = 32),
  document text NOT NULL
);
