-- A call that carries vouchers alone belongs to no batch; where a call was mined is its own fact now.
alter table outbox alter column batch_number drop not null;
alter table outbox add column block_number bigint;
alter table outbox add column block_hash bytea;
update outbox o set block_number = b.block_number, block_hash = b.block_hash
from batch b where b.number = o.batch_number and b.state in ('MINED', 'FINAL');
create index outbox_by_transaction on outbox (transaction_hash) where not done;

-- Since when the newest voucher waits for the chain, Unix milliseconds.
alter table channel add column due_at bigint not null default 0;
