-- "Tomorrow at 3" is meant by the customer's own clock: an IANA name, null where it is not known.

alter table conversation add column time_zone text;
