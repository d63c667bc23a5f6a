-- What is promised and not kept yet is found by when it is due, however many promises were kept before.

create index promise_open on promise (due_at, id) where kept_at is null;
