-- A language that the customer chose stays, whatever they write in.

alter table conversation add column language_chosen boolean not null default false;
