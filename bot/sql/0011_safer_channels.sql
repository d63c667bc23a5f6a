-- Channels: who leads by now, so that nobody sends who leads no more; and whose words may be forged.

create table leader (
    name text primary key,                -- the work, such as deliver:telegram:shop
    term bigint not null default 1        -- grows whenever somebody begins to lead
);

alter table delivery add column term bigint not null default 0; -- of the courier that took it last

-- Nobody vouches for who wrote, where somebody could: nothing else of the customer's is joined to it, and the bot does
-- nothing there but answer.
alter table conversation add column unverified boolean not null default false;
