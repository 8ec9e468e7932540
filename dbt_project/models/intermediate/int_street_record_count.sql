with

records as (

    select * from {{ ref('stg_police_uk_street') }}
    {% if is_incremental() %}
    where extract_id in {{ new_extracts('int_street_record_count') }}
    {% endif %}

),

final as (

    select
        extract_id,
        force,
        period_start as month,
        is_located,
        lad_name,
        crime_type,
        crime_id is not null as is_identified,
        last_outcome_category,
        count(*) as record_count

    from records

    group by
        extract_id,
        force,
        period_start,
        is_located,
        lad_name,
        crime_type,
        crime_id is not null,
        last_outcome_category

)

select * from final
