-- Files: where one came from, and those that an agent has uploaded and not yet sent.

alter table attachment add column place_id bigint references place on delete set null; -- whose account fetches it
alter table attachment add column agent_id bigint references agent;                    -- who uploaded it
alter table attachment add column at timestamptz not null default now();
alter table attachment alter column seq drop not null;                                 -- null: uploaded, not sent
alter table attachment alter column ordinal drop not null;
alter table attachment add foreign key (conversation_id) references conversation on delete cascade;
alter table attachment add check ((seq is null) = (ordinal is null));

update attachment f set place_id = (
    select p.id from place p
    where p.conversation_id = f.conversation_id and p.audience = 'customer'
    order by p.id desc limit 1);

drop index attachment_waiting;
create index attachment_waiting on attachment (place_id, not_before) where status = 'waiting';
create index attachment_unsent on attachment (at) where seq is null;
