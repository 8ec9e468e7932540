{{ config(severity='warn') }}
-- A performance return gives a measure, area and period that is computed from records too: the computed value counts,
-- and the return need not be filled in any more.
select
    measure_id,
    area_code,
    period_type,
    period_start,
    breakdown_type,
    breakdown_value,
    value

from {{ ref('msr_returned') }}

except

select
    measure_id,
    area_code,
    period_type,
    period_start,
    breakdown_type,
    breakdown_value,
    value

from {{ ref('measure_value') }}

where source_id = 'performance_return'
