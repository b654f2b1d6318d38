-- The last record: its absence tells that the file was cut short.
SELECT json_build_object(
         'kind', 'end',
         'captured', to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"+00:00"'),
         'since', (SELECT stats_reset FROM pg_catalog.pg_stat_database WHERE datname = current_database()))::text;
