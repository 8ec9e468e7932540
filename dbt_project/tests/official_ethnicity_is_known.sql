{{ config(severity='warn') }}
-- A label of ethnicity in Home Office statistics that seed official_ethnicity lacks: its people count as of unknown ethnicity.
select distinct
    'home_office_stop_search' as source_id,
    ethnicity as label

from {{ ref('stg_home_office_stop_search') }}

where ethnicity not in (select label from {{ ref('official_ethnicity') }} where source = 'home_office_stop_search')

union all

select distinct
    'home_office_use_of_force_table' as source_id,
    column_label as label

from {{ ref('stg_home_office_use_of_force_table') }}

where
    column_group = 'Perceived ethnicity'
    and column_label not in (
        select label from {{ ref('official_ethnicity') }} where source = 'home_office_use_of_force_table'
    )
