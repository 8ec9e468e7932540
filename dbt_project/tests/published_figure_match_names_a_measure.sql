-- A link of seed published_figure_match names a measure that is computed or can be returned.
select links.*

from {{ ref('published_figure_match') }} as links
left join {{ ref('measure') }} as measures on links.measure_id = measures.measure_id
left join {{ ref('return_measure') }} as returnable on links.measure_id = returnable.measure_id

where
    measures.measure_id is null
    and returnable.measure_id is null
