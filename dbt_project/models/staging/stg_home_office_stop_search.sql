with

records as (

    select * from {{ source('raw', 'home_office_stop_search') }}

),

final as (

    select
        extract_id,
        line,
        force,
        period_start,
        {{ fin_year_start('year_ending') }} as fin_year_start,
        {{ clean_text('force_name') }} as force_name,
        {{ clean_text('legislation') }} as legislation,
        {{ clean_text('reason') }} as reason,
        {{ clean_text('ethnic_group') }} as ethnic_group,
        {{ clean_text('ethnicity') }} as ethnicity,
        cast({{ cell_value('searches_text') }} as bigint) as searches,
        {{ cell_marker('searches_text') }} as searches_marker,
        cast({{ cell_value('arrests_text') }} as bigint) as arrests,
        {{ cell_marker('arrests_text') }} as arrests_marker

    from records

)

select * from final
