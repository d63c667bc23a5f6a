-- lock: bound to the connection, so that it is free when its process dies
select pg_try_advisory_lock(hashtextextended(%(name)s, 0)) as locked;

-- begin: a term of one's own, once everybody who relies on the one before is done
insert into leader (name) values (%(name)s)
on conflict (name) do update set term = leader.term + 1
returning term;

-- check: nobody else has begun, nor does until the end of the transaction
select term from leader where name = %(name)s and term = %(term)s for share;
