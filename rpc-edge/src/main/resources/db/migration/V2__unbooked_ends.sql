-- Ends of jobs that could not be booked, kept until they are: each is somebody's hold.
CREATE TABLE unbooked_end (
  job_id   text PRIMARY KEY,
  terminal bytea   NOT NULL,
  reason   text    NOT NULL,
  since    bigint  NOT NULL,
  tries    integer NOT NULL DEFAULT 1,
  next_try bigint  NOT NULL
);
CREATE INDEX unbooked_end_due ON unbooked_end (next_try);
