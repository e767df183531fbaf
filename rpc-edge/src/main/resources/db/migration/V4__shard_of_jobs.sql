-- Which of its model's partitions a job is in: decided once, and whatever is said of it later goes there too.
ALTER TABLE job ADD COLUMN shard integer NOT NULL DEFAULT 0;
