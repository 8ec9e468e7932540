SELECT
    plan.plan_id,
    plan.plan_title,
    coalesce(force.force, plan.area_code) AS force,
    coalesce(force.force_name, plan.area_code) AS force_name
FROM marts.dim_plan AS plan
LEFT JOIN marts.dim_force AS force USING (area_code)
WHERE plan.plan_id = $plan
