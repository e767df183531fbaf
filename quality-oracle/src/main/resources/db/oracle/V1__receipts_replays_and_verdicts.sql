-- Times are Unix milliseconds, hashes and addresses raw bytes.

create table epoch (
  number bigint primary key,
  secret bytea not null check (length(secret) = 32),
  commitment bytea not null check (length(commitment) = 32),
  created_at bigint not null
);

-- One row per node that ever issued a receipt; the weights are the fold of its verdicts.
create table node (
  address bytea primary key check (length(address) = 20),
  receipts bigint not null default 0,
  match_weight double precision not null default 0,
  mismatch_weight double precision not null default 0,
  matches bigint not null default 0,
  mismatches bigint not null default 0,
  as_of bigint not null default 0
);

-- Every receipt seen and the draw that was made for it: enough to recompute who had to be replayed.
create table receipt (
  hash bytea primary key check (length(hash) = 32),
  node bytea not null,
  epoch bigint not null,
  rate_micros integer not null,
  sampled boolean not null,
  seen_at bigint not null
);

-- Sampled receipts without a verdict yet.
create table replay (
  receipt_hash bytea primary key,
  issued bytea not null,
  tries integer not null default 0,
  due_at bigint not null,
  give_up_at bigint not null,
  claimed_until bigint not null default 0
);
create index replay_due on replay (due_at);

create table verdict (
  receipt_hash bytea primary key,
  node bytea not null,
  result smallint not null,
  signed bytea not null,
  scores bytea,
  decided_at bigint not null,
  published_at bigint
);
create index verdict_unpublished on verdict (decided_at) where published_at is null;
