-- hit: count one more in the current window of every key; the count after it
insert into rate (key, since, count)
select key, date_bin(make_interval(secs => %(seconds)s), now(), 'epoch'), 1 from unnest(%(keys)s::text[]) as key
order by key
on conflict (key, since) do update set count = rate.count + 1
returning key, count, ceil(extract(epoch from since + make_interval(secs => %(seconds)s) - now()))::int as left;

-- take_back: a hit that turned out to be none
update rate set count = count - 1 where key = any(%(keys)s) and count > 0
    and since = date_bin(make_interval(secs => %(seconds)s), now(), 'epoch');

-- sweep: forget windows that are over for good
delete from rate where since < now() - interval '2 hours';
