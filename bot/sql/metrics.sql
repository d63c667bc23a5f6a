-- states: conversations by state
select state, count(*) from conversation group by state;

-- jobs: by status
select status::text, count(*) from procrastinate_jobs group by status;

-- now: waits, workers, and what nobody has taken yet
select (select extract(epoch from now() - min(at)) from handoff where ended_at is null and claimed_at is null)
           as longest_wait,
       (select count(*) from procrastinate_workers where last_heartbeat > now() - interval '10 seconds') as workers,
       (select count(*) from conversation where handled_seq < inbound_seq) as unhandled;
