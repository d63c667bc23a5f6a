-- unanswered: every question since a moment for which no article was found, newest first
select e.conversation_id as conversation, e.data ->> 'text' as text, e.at
from event e
where e.kind = 'unanswered' and e.at >= %(since)s and coalesce(e.data ->> 'text', '') <> ''
order by e.at desc, e.id desc;
