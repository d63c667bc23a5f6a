-- whose: the customer of a conversation
select customer_id from conversation where id = %(id)s;

-- conversations: all of a customer's, held until the end of the transaction
select id from conversation where customer_id = %(customer_id)s order by id for update;

-- forget: the conversations and all that hangs on them, then the customer with whom they are on other platforms
with typed as (delete from typing where conversation_id = any(%(ids)s))
delete from conversation where id = any(%(ids)s);

-- forget_customer: who they are
delete from customer where id = %(customer_id)s;
