-- Who may come in: sessions, badges, PINs, stations, throttles. Tiers: core, execution.

-- What the sign-in library expects of a user beside code and name. No mail is ever sent to this address.
alter table person
  add column email text not null generated always as (lower(code) || '@person.invalid') stored,
  add column email_verified boolean not null default true,
  add column image text,
  add column created_at timestamptz not null default now(),
  add column updated_at timestamptz not null default now();
create unique index person_email on person (email);

-- Sessions of people who signed in with a password.
create table user_session (
  id uuid primary key default gen_random_uuid(),
  token text not null unique,
  user_id uuid not null references person on delete cascade,
  expires_at timestamptz not null,
  ip_address text,
  user_agent text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index user_session_user on user_session (user_id);

-- A way to sign in: provider `credential` = password (Argon2id).
create table credential (
  id uuid primary key default gen_random_uuid(),
  account_id text not null,
  provider_id text not null,
  user_id uuid not null references person on delete cascade,
  password text,
  access_token text,
  refresh_token text,
  id_token text,
  access_token_expires_at timestamptz,
  refresh_token_expires_at timestamptz,
  scope text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (provider_id, account_id)
);

create table verification (
  id uuid primary key default gen_random_uuid(),
  identifier text not null,
  value text not null,
  expires_at timestamptz not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

-- A badge says who somebody claims to be; it works on enrolled stations only.
create table person_badge (
  id bigint generated always as identity primary key,
  badge text not null,
  person_id uuid not null references person on delete cascade,
  given_at timestamptz not null,
  taken_at timestamptz
);
create unique index person_badge_in_use on person_badge (badge) where taken_at is null;
create index person_badge_person on person_badge (person_id);

create table person_pin (
  person_id uuid primary key references person on delete cascade,
  hash text not null,
  set_at timestamptz not null
);

-- A station is an enrolled device on the floor that anybody may look at.
create table station (
  id uuid primary key default gen_random_uuid(),
  name text not null unique,
  language text not null default 'en',
  theme text not null default 'light' check (theme in ('light', 'dark')),
  mm_per_px double precision check (mm_per_px > 0),
  created_at timestamptz not null,
  last_seen_at timestamptz,
  revoked_at timestamptz
);

create table station_machine (
  station_id uuid not null references station on delete cascade,
  machine_id int not null references work_unit,
  primary key (station_id, machine_id)
);
create index station_machine_machine on station_machine (machine_id);

-- What a device shows once to become a station. `uses_left` null = any number until it expires (the demo's).
create table station_code (
  code_hash bytea primary key,
  station_id uuid not null references station on delete cascade,
  expires_at timestamptz not null,
  uses_left int check (uses_left >= 0)
);

create table station_token (
  token_hash bytea primary key,
  station_id uuid not null references station on delete cascade,
  enrolled_at timestamptz not null,
  expires_at timestamptz not null
);
create index station_token_station on station_token (station_id);

-- A person signed on at a station by badge or PIN.
create table badge_session (
  id uuid primary key default gen_random_uuid(),
  token_hash bytea not null unique,
  person_id uuid not null references person on delete cascade,
  station_id uuid not null references station on delete cascade,
  how text not null check (how in ('badge', 'pin')),
  started_at timestamptz not null,
  idle_at timestamptz not null,
  ends_at timestamptz not null
);
create index badge_session_person on badge_session (person_id);
create index badge_session_station on badge_session (station_id);

-- Failed attempts, in the database so that a restart forgives nobody.
create table throttle (
  key text primary key,
  failures int not null,
  since timestamptz not null,
  locked_until timestamptz
);

create index audit_machine on audit (machine_id, seq);
create index audit_action on audit (action, seq);
create index audit_person on audit (person_id, seq);
create index audit_at on audit (at);
