-- A view that asks as its invoker.
CREATE VIEW mix.asked WITH (security_invoker) AS SELECT id, title, tenant, at FROM mix.note WHERE status = 'happy';
