-- Question: Which plan indicators have no value for any period, and is that because a source was not supplied or because something is wrong?
-- Reads: ops.extract, marts.plan_coverage
-- Answer: one row per indicator without a value
-- Sample: rows
-- Note: look_into_it is true when every source named for the indicator has real extracts loaded and there is still no value.
with

supplied as (

    select distinct source from ops.extract where status = 'loaded' and not coalesce(is_sample, false)

),

without as (

    select * from marts.plan_coverage where value_count = 0

),

missing as (

    select
        plan_indicator_id,
        trim(unnest(string_split(awaited_sources, ';'))) as source

    from without

)

select
    without.plan_indicator_id,
    without.plan_id,
    without.indicator_name,
    without.measure_id,
    without.state,
    without.awaited_sources,
    without.other_series_count > 0 as measure_has_other_series,
    without.state = 'awaiting_source' and not exists (
        select 1 from missing
        where
            missing.plan_indicator_id = without.plan_indicator_id
            and missing.source not in (select source from supplied)
    ) as look_into_it,
    without.reason

from without
order by look_into_it desc, without.plan_id, without.plan_indicator_id
