-- Refused jobs of which the log is still to be told: looked for every few seconds, and as a rule none.
CREATE INDEX job_withdrawn ON job (accepted_at) WHERE state = 'WITHDRAWN';
