-- Channels: who leads by now, so that nobody sends who leads no more.

create table leader (
    name text primary key,                -- the work, such as deliver:telegram:shop
    term bigint not null default 1        -- grows whenever somebody begins to lead
);

alter table delivery add column term bigint not null default 0; -- of the courier that took it last
