-- A target and the published figure it comes from are one number.
select
    targets.target_id,
    targets.target_value,
    figures.value as published_value

from {{ ref('plan_target') }} as targets
inner join {{ ref('published_figure') }} as figures on targets.figure_id = figures.figure_id

where targets.target_value <> figures.value
