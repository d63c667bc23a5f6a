-- Channels: where conversations take place on other platforms, who is known there, and what is on its way.

create table place (
    id bigint generated always as identity primary key,
    channel text not null,                -- telegram, slack, email
    account text not null,                -- which of our bots or mailboxes, as business.yml names it
    key text not null,                    -- the platform's own name for the chat or the thread
    conversation_id uuid not null references conversation on delete cascade,
    audience text not null default 'customer' check (audience in ('customer', 'agents')),
    details jsonb not null default '{}',  -- what the adapter has to remember
    gone text,                            -- why nothing can be sent there any more
    at timestamptz not null default now(),
    unique (channel, account, key)
);
create index place_conversation on place (conversation_id);

-- Somebody on a platform and the customer they are. Verified: the platform vouches for who it is.
create table identity (
    channel text not null,
    account text not null,
    external_id text not null,
    customer_id uuid not null references customer on delete cascade,
    name text,                            -- as the platform calls them; asked before it is used (P7)
    email text,                           -- as the platform has it
    verified boolean not null default false,
    at timestamptz not null default now(),
    primary key (channel, account, external_id)
);
create index identity_customer on identity (customer_id);
create index identity_email on identity (lower(email)) where verified;
create index customer_email on customer (lower(email));

alter table message add column edits bigint;          -- the earlier message that this one is another version of
alter table message add column deleted_at timestamptz; -- the customer took it back on their platform

-- One message on its way to one place. Written with the message itself: what is said is delivered or seen to have failed.
create table delivery (
    place_id bigint not null references place on delete cascade,
    conversation_id uuid not null,
    seq bigint not null,
    status text not null default 'queued'
        check (status in ('queued', 'sending', 'sent', 'failed', 'dropped')),
    tries int not null default 0,
    not_before timestamptz not null default now(),
    sent text[] not null default '{}',    -- the platform's ids of the parts that have arrived
    problem text,                         -- why it failed, was dropped or has to wait
    at timestamptz not null default clock_timestamp(),
    primary key (place_id, seq),
    foreign key (conversation_id, seq) references message on delete cascade
);
create index delivery_open on delivery (place_id, seq) where status in ('queued', 'sending');
create index delivery_message on delivery (conversation_id, seq);

-- A file that came with a message, or goes out with one.
create table attachment (
    id uuid primary key default gen_random_uuid(),
    conversation_id uuid not null,
    seq bigint not null,
    ordinal int not null,
    name text not null,
    media_type text not null,             -- what the sender says it is, until we have looked
    size bigint,
    status text not null default 'waiting' check (status in ('waiting', 'stored', 'refused')),
    source jsonb,                         -- where the channel fetches it from
    tries int not null default 0,
    not_before timestamptz not null default now(),
    problem text,                         -- why it was refused
    data bytea,
    unique (conversation_id, seq, ordinal),
    foreign key (conversation_id, seq) references message on delete cascade
);
create index attachment_waiting on attachment (conversation_id) where status = 'waiting';
