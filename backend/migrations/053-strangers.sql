-- What strangers leave here is kept for a while, and kept for good once somebody answers for it.

-- Until when a profile waits for an enrolment that names it; NULL once it is kept.
ALTER TABLE profile ADD COLUMN pending_until timestamptz;
CREATE INDEX profile_pending ON profile (pending_until) WHERE pending_until IS NOT NULL;

-- Relayed calls are counted a day.
CREATE INDEX outbox_created ON outbox_transaction (account, created_at);
