-- Run after every migration: what the role `app` may do. No DDL; no change of the audit.
do $$
begin
  if not exists (select from pg_roles where rolname = 'app') then
    return;
  end if;
  grant usage on schema public to app;
  grant select, insert, update, delete on all tables in schema public to app;
  grant usage, select on all sequences in schema public to app;
  grant execute on all functions in schema public to app;
  revoke update, delete, truncate on audit from app;
  revoke insert, update, delete on migration from app;
end $$;
