-- Question: What is behind the newest value of each plan indicator: files, their hashes, the version of the code, the denominator and the method?
-- Reads: ops.release, marts.plan_coverage, marts.dim_series, marts.measure_value, ops.extract
-- Answer: one row per plan indicator with a value, and file behind its newest value
-- Sample: rows
with

release as (

    select code_version from ops.release order by known_at desc limit 1

),

newest as (

    select
        coverage.plan_indicator_id,
        measure_value.measure_id,
        measure_value.period_type,
        measure_value.period_start,
        measure_value.value,
        series.unit,
        measure_value.method_id,
        measure_value.denominator_id,
        measure_value.extract_ids

    from marts.plan_coverage as coverage
    inner join marts.dim_series as series on coverage.series_id = series.series_id
    inner join marts.measure_value
        on series.measure_id = measure_value.measure_id
        and series.area_code = measure_value.area_code
        and series.period_type = measure_value.period_type
        and series.method_id = measure_value.method_id
        and series.breakdown_type is not distinct from measure_value.breakdown_type
        and series.breakdown_value is not distinct from measure_value.breakdown_value
        -- ratios are made on two censuses; other denominators change from year to year within a series
        and (series.denominator_basis is null or series.denominator_basis not like 'census%'
            or series.denominator_basis = measure_value.denominator_id)
        and coverage.last_period_end = measure_value.period_end

)

select
    newest.* exclude (extract_ids),
    extracts.extract_id,
    extracts.source,
    extracts.file_name,
    extracts.sha256,
    extracts.registered_at,
    extracts.is_sample,
    release.code_version

from newest
inner join ops.extract as extracts on list_contains(newest.extract_ids, extracts.extract_id)
left join release on true
order by newest.plan_indicator_id, extracts.source, extracts.file_name
