{# No two rows share the values of these columns; NULL counts as a value. #}
{% test unique_key(model, columns) %}
select
    {{ columns | join(', ') }},
    count(*) as row_count

from {{ model }}

group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}


{# The condition holds in every row; a condition that is NULL fails. #}
{% test holds(model, condition) %}
select *

from {{ model }}

where coalesce(not ({{ condition }}), true)
{% endtest %}


{# None of these columns is NULL in any row; one query instead of one per column. #}
{% test complete(model, columns) %}
select *

from {{ model }}

where {{ columns | join(' is null or ') }} is null
{% endtest %}
