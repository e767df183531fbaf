-- Vouchers that came together are decided in the order in which they came: one may build on another.
alter table voucher add column seq bigint generated always as identity;
drop index voucher_waiting;
create index voucher_waiting on voucher (checked_at, received_at, seq) where state = 'WAITING';
