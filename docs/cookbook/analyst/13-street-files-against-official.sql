-- Question: By force and quarter, how far are the counts of data.police.uk from the open data of the Home Office for the categories that match, and where is the gap more than 5 %?
-- Reads: marts.street_official_gap, marts.plan_coverage
-- Answer: one row per force, quarter the Home Office has published, and crime type; the largest gaps first; without any, rows with the state
-- Sample: rows
-- Note: crime types are matched with offence groups by seed street_official_group; violence and sexual offences are one type.
-- Note: A quarter of which a month of street files is missing has no gap, and says so.
-- Note: The sample draws both sources apart, and its street files are small, so its gaps mean nothing.
with

answer as (

    select
        force_name,
        is_home_force,
        quarter_start,
        coalesce(crime_type, 'all crime') as crime_type,
        street_count,
        official_count,
        difference,
        difference_pct,
        abs(difference_pct) > 5 as is_above_5_pct,
        status,
        source_kind

    from marts.street_official_gap

)

select * from answer

union all by name

select reason as words

from marts.plan_coverage

where
    measure_id = 'total_recorded_crime_count'
    and not exists (select 1 from answer)

order by is_above_5_pct desc nulls last, abs(difference_pct) desc, force_name, quarter_start, crime_type
