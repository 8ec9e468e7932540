with

own as (

    select * from {{ ref('ethnicity_label') }}

),

published as (

    select * from {{ ref('self_defined_ethnicity') }}

),

final as (

    select
        {{ plain_words('label') }} as label,
        ethnic_group

    from published

    union

    select
        label,
        ethnic_group

    from own

)

select * from final
