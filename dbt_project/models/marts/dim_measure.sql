with

measures as (

    select * from {{ ref('measure') }}

),

returnable as (

    select * from {{ ref('return_measure') }}

),

returned as (

    select distinct measure_id from {{ ref('msr_returned') }}

),

computed as (

    select
        measure_id,
        name as measure_name,
        family,
        unit,
        direction,
        definition,
        numerator,
        denominator,
        method

    from measures

),

-- those only returned, of which there is a return
returned_alone as (

    select
        returnable.measure_id,
        returnable.name as measure_name,
        'returned' as family,
        returnable.unit,
        returnable.direction,
        concat(
            case returnable.kind
                when 'count' then 'Number of: '
                when 'share' then 'Share of: '
                when 'rate' then 'Rate of: '
                when 'mean' then 'Quotient of: '
                else 'As returned: '
            end,
            returnable.numerator,
            case when returnable.denominator is not null then concat(', over: ', returnable.denominator) else '' end
        ) as definition,
        returnable.numerator,
        returnable.denominator,
        case returnable.kind
            when 'count' then 'Count as returned, with Byar interval (exact below 10)'
            when 'share' then 'Proportion of returned numbers, with Wilson interval'
            when 'rate' then 'Rate of returned numbers, with Byar interval (exact below 10)'
            when 'mean' then 'Quotient of returned numbers'
            else 'As returned'
        end as method

    from returnable
    inner join returned on returnable.measure_id = returned.measure_id
    left join measures on returnable.measure_id = measures.measure_id

    where measures.measure_id is null

)

select * from computed

union all

select * from returned_alone
