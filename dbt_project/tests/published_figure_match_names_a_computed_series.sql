-- A link of seed published_figure_match names a breakdown and a method that its measure has: a slip there
-- would otherwise read as a source not supplied. A measure without any row yet is let pass.
with

links as (

    select * from {{ ref('published_figure_match') }}

),

series as (

    select distinct
        measure_id,
        period_type,
        breakdown_type,
        breakdown_value,
        method_id

    from {{ ref('measure_value') }}

),

computed as (

    select distinct
        measure_id,
        period_type

    from series

)

select links.*

from links
inner join computed
    on links.measure_id = computed.measure_id
    and links.period_type = computed.period_type
left join series
    on links.measure_id = series.measure_id
    and links.period_type = series.period_type
    and links.breakdown_type is not distinct from series.breakdown_type
    and links.breakdown_value is not distinct from series.breakdown_value
    and links.method_id = series.method_id

where series.measure_id is null
