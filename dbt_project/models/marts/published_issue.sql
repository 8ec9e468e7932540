with

issues as (

    select * from {{ ref('known_issue') }}

),

figures as (

    select * from {{ ref('reconciliation') }}

),

counted as (

    select
        issue_id,
        count(*) as figure_count,
        cast(sum(case when derivation_verdict is not null then 1 else 0 end) as bigint) as with_rule_count,
        cast(sum(case when derivation_verdict = 'does_not_reproduce' then 1 else 0 end) as bigint) as does_not_reproduce_count,
        cast(sum(case when derivation_verdict = 'truncated' then 1 else 0 end) as bigint) as truncated_count,
        cast(sum(case when derivation_verdict = 'rounding' then 1 else 0 end) as bigint) as rounding_count,
        cast(sum(case when verdict <> 'not_computed' then 1 else 0 end) as bigint) as computed_count,
        {{ joined_text("concat(figure_id, ': ', derivation)", '; ', 'figure_id', "derivation is not null") }}
            as derivations

    from figures

    where issue_id is not null

    group by issue_id

),

final as (

    select
        issues.issue_id,
        issues.document,
        issues.severity,
        issues.subject,
        issues.explanation,
        issues.treatment,
        coalesce(counted.figure_count, 0) as figure_count,
        coalesce(counted.with_rule_count, 0) as with_rule_count,
        coalesce(counted.does_not_reproduce_count, 0) as does_not_reproduce_count,
        coalesce(counted.truncated_count, 0) as truncated_count,
        coalesce(counted.rounding_count, 0) as rounding_count,
        coalesce(counted.computed_count, 0) as computed_count,
        counted.derivations

    from issues
    left join counted on issues.issue_id = counted.issue_id

)

select * from final
