-- Question: What did the number of crimes of each month look like in each of the last six releases, and by how much is a month revised on average?
-- Reads: ops.release, marts.value_history, marts.dim_force
-- Answer: one row per month of the home force: the crimes as each release had them, newest last, and the revisions
-- Sample: rows
-- Note: releases are those of this installation.
-- Note: With fewer than six the columns of the earlier ones are empty, and with one there is no revision.
-- Note: A month first supplied in between counts from then on.
with

releases as (

    select
        known_at,
        row_number() over (order by known_at desc) as place

    from ops.release

    qualify place <= 6

),

versions as (

    select history.*
    from marts.value_history as history
    inner join marts.dim_force on history.area_code = dim_force.area_code
    where
        dim_force.is_home_force
        and history.measure_id = 'street_crime_count'
        and history.period_type = 'month'
        and history.breakdown_type is null

),

triangle as (

    select
        versions.period_start as month,
        max(case when releases.place = 6 then versions.value end) as sixth_newest_release,
        max(case when releases.place = 5 then versions.value end) as fifth_newest_release,
        max(case when releases.place = 4 then versions.value end) as fourth_newest_release,
        max(case when releases.place = 3 then versions.value end) as third_newest_release,
        max(case when releases.place = 2 then versions.value end) as second_newest_release,
        max(case when releases.place = 1 then versions.value end) as newest_release,
        arg_max(versions.value, releases.place) as first_value,
        count(distinct versions.value) - 1 as values_replaced,
        -- a month of one release has not had the chance to be revised
        case
            when count(versions.value) > 1
                then arg_min(versions.value, releases.place) - arg_max(versions.value, releases.place)
        end as revision,
        arg_min(versions.status, releases.place) as status,
        arg_min(versions.source_kind, releases.place) as source_kind

    from versions
    inner join releases
        on versions.known_from <= releases.known_at
        and (versions.known_until is null or versions.known_until > releases.known_at)

    group by versions.period_start

)

select
    *,
    avg(revision) over () as mean_revision,
    avg(abs(revision)) over () as mean_absolute_revision,
    (select count(*) from releases) as releases_compared

from triangle
order by month
