-- The trace the receipt came with, W3C traceparent; empty when there is none.
alter table replay add column traceparent text not null default '';
