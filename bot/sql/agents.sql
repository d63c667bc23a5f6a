-- add: a new account
insert into agent (name, password_hash, role, languages, email)
values (%(name)s, %(password_hash)s, %(role)s, %(languages)s, %(email)s)
on conflict (lower(name)) do nothing
returning id;

-- change_hash: another password, or none that fits; ends the sessions
with changed as (
    update agent set password_hash = %(password_hash)s, status = 'away'
    where lower(name) = lower(%(name)s) returning id
), ended as (delete from agent_session s using changed where s.agent_id = changed.id)
select id from changed;

-- set_email: the address by which other platforms know an account
update agent set email = %(email)s where lower(name) = lower(%(name)s) returning id;

-- by_id: one who can log in
select id, name, role from agent where id = %(id)s and password_hash <> '';

-- colleagues: all who can log in, those who are there first
select a.id, a.name, a.role, p.here
from agent a
cross join lateral (select a.status = 'online' and exists (
        select from agent_session s
        where s.agent_id = a.id and s.seen_at > now() - interval '10 minutes' and s.expires_at > now())
    or exists (select from agent_link l where l.agent_id = a.id and l.seen_at > now() - interval '10 minutes') as here) p
where a.password_hash <> ''
order by p.here desc, lower(a.name);

-- list: all accounts
select name, role, password_hash <> '' from agent order by lower(name);

-- any: whether there is an account at all
select exists (select from agent) as found;

-- by_name: the account that a log-in names
select id, name, role, status, password_hash from agent where lower(name) = lower(%(name)s);

-- rehash: the password again, under today's parameters
update agent set password_hash = %(password_hash)s where id = %(id)s;

-- open_session: logged in, and on duty until they say otherwise
with online as (update agent set status = 'online' where id = %(id)s)
insert into agent_session (token_hash, agent_id, csrf, expires_at)
values (%(token_hash)s, %(id)s, %(csrf)s, now() + make_interval(hours => %(hours)s));

-- session: the agent behind a cookie; being seen keeps them on duty
update agent_session s set seen_at = now()
from agent a
where s.token_hash = %(token_hash)s and s.expires_at > now() and a.id = s.agent_id
returning a.id, a.name, a.role, a.status, a.languages, s.csrf;

-- close_session: logged out; away unless logged in elsewhere
with gone as (delete from agent_session where token_hash = %(token_hash)s returning agent_id)
update agent a set status = 'away' from gone
where a.id = gone.agent_id and not exists (
    select from agent_session s
    where s.agent_id = a.id and s.token_hash <> %(token_hash)s and s.expires_at > now());

-- set_status: on duty or not
update agent set status = %(status)s where id = %(id)s;

-- sweep: forget sessions that are over
delete from agent_session where expires_at < now();
