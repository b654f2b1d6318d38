-- What the application runs in production; a log or an export of pg_stat_statements says more.
SELECT * FROM orders WHERE customer_id = 17 ORDER BY placed DESC LIMIT 5;
SELECT c.name, o.id FROM orders o JOIN customers c ON c.id = o.customer_id ORDER BY o.id DESC LIMIT 10;
