{# The table has as many rows as another one. #}
{% test same_row_count(model, compare_to) %}
select
    rows_here.n as rows_here,
    rows_there.n as rows_there

from (select count(*) as n from {{ model }}) as rows_here
cross join (select count(*) as n from {{ compare_to }}) as rows_there

where rows_here.n <> rows_there.n
{% endtest %}
