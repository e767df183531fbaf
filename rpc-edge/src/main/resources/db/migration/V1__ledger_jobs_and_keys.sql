-- One row per client: the balances of its accounts, each never negative. Amounts are smallest units.
CREATE TABLE client_account (
  client      text PRIMARY KEY,
  available   numeric(39) NOT NULL DEFAULT 0 CHECK (available >= 0),
  held        numeric(39) NOT NULL DEFAULT 0 CHECK (held >= 0),
  charged     numeric(39) NOT NULL DEFAULT 0 CHECK (charged >= 0),
  settled     numeric(39) NOT NULL DEFAULT 0 CHECK (settled >= 0),
  withdrawing numeric(39) NOT NULL DEFAULT 0 CHECK (withdrawing >= 0),
  shortfall   numeric(39) NOT NULL DEFAULT 0 CHECK (shortfall >= 0)
);

-- Double entry: every transfer has two rows whose amounts sum to zero.
CREATE TABLE ledger_entry (
  id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  client    text        NOT NULL,
  kind      text        NOT NULL,
  reference text        NOT NULL,
  step      smallint    NOT NULL,
  account   text        NOT NULL,
  amount    numeric(39) NOT NULL CHECK (amount <> 0),
  UNIQUE (reference, kind, step, account)
);
CREATE INDEX ledger_entry_client ON ledger_entry (client, id);

-- What was already applied, also when it moved nothing.
CREATE TABLE ledger_posting (
  reference text NOT NULL,
  kind      text NOT NULL,
  PRIMARY KEY (reference, kind)
);

CREATE TABLE key_grant (
  client    text        NOT NULL,
  key       text        NOT NULL,
  spend_cap numeric(39) NOT NULL,
  spent     numeric(39) NOT NULL DEFAULT 0 CHECK (spent >= 0),
  expiry    bigint      NOT NULL,
  scope     text        NOT NULL,
  revoked   boolean     NOT NULL DEFAULT false,
  PRIMARY KEY (client, key)
);

CREATE TABLE api_key (
  key_id      text PRIMARY KEY,
  secret_hash bytea       NOT NULL UNIQUE,
  client      text        NOT NULL,
  label       text        NOT NULL,
  spend_cap   numeric(39) NOT NULL,
  spent       numeric(39) NOT NULL DEFAULT 0 CHECK (spent >= 0),
  expiry      bigint      NOT NULL,
  revoked     boolean     NOT NULL DEFAULT false,
  created_at  bigint      NOT NULL
);
CREATE INDEX api_key_client ON api_key (client, created_at DESC);

-- Replay protection; rows go when the statement they belong to has expired.
CREATE TABLE used_nonce (
  client     text   NOT NULL,
  signer     text   NOT NULL,
  purpose    text   NOT NULL,
  nonce      bigint NOT NULL,
  expires_at bigint NOT NULL,
  PRIMARY KEY (client, signer, purpose, nonce)
);
CREATE INDEX used_nonce_expiry ON used_nonce (expires_at);

CREATE TABLE idempotency_key (
  client     text   NOT NULL,
  key        text   NOT NULL,
  job_id     text   NOT NULL,
  expires_at bigint NOT NULL,
  PRIMARY KEY (client, key)
);
CREATE INDEX idempotency_key_expiry ON idempotency_key (expires_at);

CREATE TABLE job (
  job_id            text PRIMARY KEY,
  client            text        NOT NULL,
  signer            text        NOT NULL,
  api_key           text,
  model_id          text        NOT NULL,
  state             text        NOT NULL,
  accepted_at       bigint      NOT NULL,
  deadline          bigint      NOT NULL,
  finished_at       bigint      NOT NULL DEFAULT 0,
  input_tokens      integer     NOT NULL,
  max_output_tokens integer     NOT NULL,
  held              numeric(39) NOT NULL,
  amount            numeric(39) NOT NULL DEFAULT 0,
  billed_input      integer     NOT NULL DEFAULT 0,
  billed_output     integer     NOT NULL DEFAULT 0,
  attempts          integer     NOT NULL DEFAULT 0,
  record            bytea,
  terminal          bytea
);
CREATE INDEX job_pending ON job (accepted_at) WHERE state = 'PENDING';
CREATE INDEX job_client_live ON job (client) WHERE finished_at = 0;
CREATE INDEX job_client_model ON job (client, model_id) WHERE finished_at > 0;

CREATE TABLE receipt (
  receipt_hash text PRIMARY KEY,
  sequence     bigint GENERATED ALWAYS AS IDENTITY,
  job_id       text        NOT NULL,
  client       text        NOT NULL,
  node         text        NOT NULL,
  direct       boolean     NOT NULL,
  amount       numeric(39) NOT NULL,
  issued       bytea       NOT NULL,
  voucher      text
);
CREATE INDEX receipt_job ON receipt (job_id, sequence);
CREATE INDEX receipt_unconfirmed ON receipt (client, node, sequence) WHERE voucher IS NULL;

CREATE TABLE channel (
  client     text        NOT NULL,
  node       text        NOT NULL,
  epoch      bigint      NOT NULL,
  cumulative numeric(39) NOT NULL,
  receipts   bigint      NOT NULL,
  root       text        NOT NULL,
  newest     bytea,
  PRIMARY KEY (client, node)
);

-- Outbox: a voucher leaves when the broker has it.
CREATE TABLE voucher (
  voucher_hash text PRIMARY KEY,
  client       text    NOT NULL,
  node         text    NOT NULL,
  sequence     bigint GENERATED ALWAYS AS IDENTITY,
  record       bytea   NOT NULL,
  published    boolean NOT NULL DEFAULT false
);
CREATE INDEX voucher_outbox ON voucher (sequence) WHERE NOT published;

CREATE TABLE price_point (
  job_id       text        NOT NULL,
  attempt      integer     NOT NULL,
  at           bigint      NOT NULL,
  model_id     text        NOT NULL,
  input_price  numeric(39) NOT NULL,
  output_price numeric(39) NOT NULL,
  PRIMARY KEY (job_id, attempt)
);
CREATE INDEX price_point_model ON price_point (model_id, at DESC);
CREATE INDEX price_point_at ON price_point (at DESC);
