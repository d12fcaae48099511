using System.Globalization;
using Npgsql;
using Orchestration.Core;

namespace Orchestration.Storage.Postgres;

/// <summary>The tables, in numbered steps. Each is made in one transaction under an advisory lock, so that any number of silos may start at once.</summary>
internal static class Migrations
{
    private static readonly string[] Steps =
    [
        """
        -- Times are UTC ticks of the database's clock, unless a test gives its own.
        CREATE FUNCTION clock_ticks(given bigint) RETURNS bigint LANGUAGE sql VOLATILE AS
          $$ SELECT coalesce(given, (extract(epoch FROM clock_timestamp()) * 10000000)::bigint + 621355968000000000) $$;

        CREATE TABLE silos(
          number int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
          host text NOT NULL, process int NOT NULL, version text NOT NULL,
          started_at bigint NOT NULL, seen_at bigint NOT NULL, ended_at bigint,
          report text NOT NULL DEFAULT '{}'
        ) WITH (fillfactor = 50);

        -- A silo is dead when it said so, or when its lock is free and nothing was heard of it for the grace; a server that has just begun frees all
        -- locks, and then everybody has the grace to come back.
        CREATE FUNCTION is_dead(silo int, now bigint, grace bigint) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
        DECLARE s record;
        BEGIN
          SELECT seen_at, ended_at INTO s FROM silos WHERE number = silo;
          IF NOT FOUND OR s.ended_at IS NOT NULL THEN RETURN true; END IF;
          IF now < s.seen_at + grace OR clock_timestamp() < pg_postmaster_start_time() + grace / 10 * interval '1 microsecond' THEN RETURN false; END IF;
          RETURN pg_try_advisory_xact_lock_shared(silo_key(), silo);
        END $$;
        CREATE FUNCTION silo_key() RETURNS int LANGUAGE sql STABLE AS
          $$ SELECT (oid::bigint & 2147483647)::int FROM pg_namespace WHERE nspname = current_schema() $$;

        CREATE TABLE judgments(
          pair uuid NOT NULL, judge uuid NOT NULL, repeat int NOT NULL, vals bytea NOT NULL, detail bytea NOT NULL,
          PRIMARY KEY (pair, judge, repeat)
        );
        ALTER TABLE judgments ALTER COLUMN vals SET STORAGE PLAIN;

        -- Tells this store from every other, also from one that stood at the same address before.
        CREATE TABLE store(id uuid NOT NULL);
        INSERT INTO store VALUES (gen_random_uuid());

        -- Who is about to buy which judgment. As durable as the rest: after a crash too it is known which calls may have been made.
        CREATE TABLE claims(
          pair uuid NOT NULL, judge uuid NOT NULL, repeat int NOT NULL, silo int NOT NULL, token bigint NOT NULL, until bigint NOT NULL, taken boolean NOT NULL,
          PRIMARY KEY (pair, judge, repeat)
        ) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);

        -- Claims taken over, by who pays.
        CREATE TABLE repaid(payer text PRIMARY KEY, calls bigint NOT NULL);

        CREATE TABLE sweeps(
          number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
          token bigint NOT NULL UNIQUE,
          state smallint NOT NULL, changed_by bigint,
          priority int NOT NULL DEFAULT 0,
          definition text NOT NULL, fingerprint text NOT NULL, output_folder text NOT NULL,
          silo int NOT NULL, created_at bigint NOT NULL,
          row_count bigint NOT NULL DEFAULT 0, rejected bigint NOT NULL DEFAULT 0, shards int NOT NULL DEFAULT 0
        );
        CREATE INDEX sweeps_by_state ON sweeps(state);

        -- What each silo adds to a sweep's totals; each writes its own row, with what it came to, so that writing it twice is writing it once.
        CREATE TABLE sweep_totals(
          sweep bigint NOT NULL REFERENCES sweeps ON DELETE CASCADE, silo int NOT NULL,
          calls bigint NOT NULL, failures bigint NOT NULL, input_tokens bigint NOT NULL, cached_input_tokens bigint NOT NULL, output_tokens bigint NOT NULL,
          reasoning_tokens bigint NOT NULL, cost_usd numeric NOT NULL, seconds float8 NOT NULL, repaid bigint NOT NULL,
          PRIMARY KEY (sweep, silo)
        ) WITH (fillfactor = 70);

        CREATE TABLE shards(
          sweep bigint NOT NULL REFERENCES sweeps ON DELETE CASCADE, index int NOT NULL,
          row_count int NOT NULL, first_row bigint NOT NULL DEFAULT 0,
          done boolean NOT NULL DEFAULT false, epoch bigint NOT NULL DEFAULT 0, silo int, owner text, lease_until bigint NOT NULL DEFAULT 0, claim bigint, done_by text,
          judgments bigint NOT NULL DEFAULT 0, unscored bigint NOT NULL DEFAULT 0, from_store bigint NOT NULL DEFAULT 0,
          PRIMARY KEY (sweep, index)
        ) WITH (fillfactor = 50);
        CREATE INDEX shards_open ON shards(sweep, index) WHERE NOT done;
        CREATE INDEX shards_held ON shards(sweep, silo) WHERE NOT done AND silo IS NOT NULL;

        -- Compressed by who wrote them; the database need not try.
        CREATE TABLE shard_data(sweep bigint NOT NULL REFERENCES sweeps ON DELETE CASCADE, index int NOT NULL, head bytea NOT NULL, body bytea NOT NULL, PRIMARY KEY (sweep, index));
        ALTER TABLE shard_data ALTER COLUMN head SET STORAGE EXTERNAL, ALTER COLUMN body SET STORAGE EXTERNAL;
        CREATE TABLE shard_blocks(sweep bigint NOT NULL REFERENCES sweeps ON DELETE CASCADE, index int NOT NULL, body bytea NOT NULL, PRIMARY KEY (sweep, index));
        ALTER TABLE shard_blocks ALTER COLUMN body SET STORAGE EXTERNAL;
        CREATE TABLE unscored(
          sweep bigint NOT NULL REFERENCES sweeps ON DELETE CASCADE, shard int NOT NULL, row_index int NOT NULL, col int NOT NULL, reason text NOT NULL,
          PRIMARY KEY (sweep, shard, row_index, col)
        );

        CREATE TABLE payers(
          payer text PRIMARY KEY, cap numeric, settled numeric NOT NULL DEFAULT 0, unknown numeric NOT NULL DEFAULT 0, held numeric NOT NULL DEFAULT 0
        ) WITH (fillfactor = 20);
        -- Its number is the silo's and a count of the silo's own, so that a reservation whose answer was lost is found again.
        CREATE TABLE reservations(
          id bigint PRIMARY KEY, payer text NOT NULL, silo int NOT NULL, judge text NOT NULL, deployment text NOT NULL, amount numeric NOT NULL
        );
        CREATE INDEX reservations_by_payer ON reservations(payer);
        CREATE TABLE spent(
          payer text NOT NULL, judge text NOT NULL, deployment text NOT NULL, calls bigint NOT NULL, settled numeric NOT NULL, unknown numeric NOT NULL,
          PRIMARY KEY (payer, judge, deployment)
        ) WITH (fillfactor = 50);

        -- Reserves and settles many calls under one lock of each payer: an amount with judge is a reservation, without is a settlement.
        CREATE FUNCTION spend(ids bigint[], payer_names text[], by_silo int, judges text[], deployments text[], amounts numeric[], unknowns numeric[])
        RETURNS TABLE (n bigint, granted boolean) LANGUAGE plpgsql AS $$
        #variable_conflict use_column
        DECLARE
          op record; gone record; account record; current text;
          s numeric; u numeric; h numeric;
        BEGIN
          FOR op IN
            SELECT o.* FROM unnest(ids, payer_names, judges, deployments, amounts, unknowns) WITH ORDINALITY AS o(id, name, judge, deployment, amount, unknown, place)
            ORDER BY o.name, o.place
          LOOP
            IF current IS DISTINCT FROM op.name THEN
              IF current IS NOT NULL THEN UPDATE payers SET settled = s, unknown = u, held = h WHERE payer = current; END IF;
              current := op.name;
              INSERT INTO payers(payer) VALUES (current) ON CONFLICT DO NOTHING;
              SELECT * INTO account FROM payers WHERE payer = current FOR UPDATE;
              s := account.settled; u := account.unknown; h := account.held;
            END IF;
            n := op.place;
            IF op.judge IS NOT NULL THEN
              granted := EXISTS (SELECT 1 FROM reservations WHERE id = op.id);
              IF NOT granted AND (account.cap IS NULL OR s + u + h + op.amount <= account.cap) THEN
                INSERT INTO reservations(id, payer, silo, judge, deployment, amount) VALUES (op.id, current, by_silo, op.judge, op.deployment, op.amount);
                h := h + op.amount;
                granted := true;
              END IF;
            ELSE
              DELETE FROM reservations WHERE id = op.id RETURNING * INTO gone;
              granted := FOUND;
              IF granted THEN
                h := h - gone.amount; s := s + op.amount; u := u + op.unknown;
                INSERT INTO spent AS t VALUES (current, gone.judge, gone.deployment, 1, op.amount, op.unknown)
                ON CONFLICT (payer, judge, deployment) DO UPDATE
                SET calls = t.calls + 1, settled = t.settled + excluded.settled, unknown = t.unknown + excluded.unknown;
              END IF;
            END IF;
            RETURN NEXT;
          END LOOP;
          IF current IS NOT NULL THEN UPDATE payers SET settled = s, unknown = u, held = h WHERE payer = current; END IF;
        END $$;

        -- What was granted in the last minute and when the next call is due; the layout is the authority's own.
        CREATE TABLE quotas(bucket text PRIMARY KEY, state bytea NOT NULL) WITH (fillfactor = 30);

        CREATE TABLE batches(
          id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, sweep bigint NOT NULL REFERENCES sweeps ON DELETE CASCADE, deployment text NOT NULL,
          intent text NOT NULL UNIQUE, requests int NOT NULL, bound numeric, largest_bound numeric NOT NULL, reservation bigint, remote text, created_at bigint NOT NULL
        );
        CREATE INDEX batches_by_sweep ON batches(sweep);
        CREATE TABLE batch_holds(sweep bigint PRIMARY KEY, silo int NOT NULL);

        CREATE TABLE aggregator_versions(
          number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text COLLATE "C" NOT NULL, id text NOT NULL, model text NOT NULL, added_at bigint NOT NULL,
          manifest bytea NOT NULL, weights bytea NOT NULL, UNIQUE (id, name)
        );
        CREATE TABLE aggregator_settings(
          name text COLLATE "C" PRIMARY KEY, epoch bigint NOT NULL, active text, earlier text[] NOT NULL, shadow text, canary text, canary_share float8 NOT NULL,
          change bigint NOT NULL, changed_by bigint
        );
        CREATE TABLE aggregator_attempts(
          number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, version text, previous text, outcome smallint NOT NULL, reason text NOT NULL,
          asked_by text, at bigint NOT NULL, token bigint UNIQUE
        );
        CREATE INDEX aggregator_attempts_by_name ON aggregator_attempts(name);
        CREATE TABLE aggregator_comparisons(
          name text NOT NULL, active text COLLATE "C" NOT NULL, other text COLLATE "C" NOT NULL, silo int NOT NULL, row_count bigint NOT NULL, only_active bigint NOT NULL,
          only_other bigint NOT NULL, total float8 NOT NULL, other_total float8 NOT NULL, squares float8 NOT NULL, other_squares float8 NOT NULL,
          products float8 NOT NULL, max_difference float8 NOT NULL, PRIMARY KEY (name, active, other, silo)
        );
        """,
        """
        -- Routed traffic: a row for each batch of routes. Keys are the first eight bytes of each id.
        CREATE TABLE route_blocks(
          number bigint PRIMARY KEY, last_at bigint NOT NULL, routes int NOT NULL, keys bytea NOT NULL, body bytea NOT NULL
        );
        ALTER TABLE route_blocks ALTER COLUMN keys SET STORAGE EXTERNAL;
        CREATE INDEX route_blocks_by_age ON route_blocks(last_at);
        -- Numbers are taken under one lock, so that they become visible in their order.
        CREATE TABLE route_rewards(number bigint PRIMARY KEY, id uuid NOT NULL UNIQUE, at bigint NOT NULL, body bytea NOT NULL);
        CREATE TABLE route_ratings(
          number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id uuid NOT NULL, source text NOT NULL, expert text NOT NULL, rating float8 NOT NULL, comment text, at bigint NOT NULL,
          held_back text, UNIQUE (id, source)
        );
        CREATE TABLE route_totals(
          day int NOT NULL, expert text COLLATE "C" NOT NULL, silo int NOT NULL, routes bigint NOT NULL, failed bigint NOT NULL, explored bigint NOT NULL, cost numeric NOT NULL, unknown numeric NOT NULL,
          latency float8 NOT NULL, output bigint NOT NULL, PRIMARY KEY (day, expert, silo)
        ) WITH (fillfactor = 70);
        CREATE TABLE route_writers(
          silo int PRIMARY KEY, batch bigint NOT NULL, accepted bigint NOT NULL, written bigint NOT NULL, dropped bigint NOT NULL, ended boolean NOT NULL, at bigint NOT NULL
        ) WITH (fillfactor = 70);
        CREATE TABLE route_numbers(blocks bigint NOT NULL, rewards bigint NOT NULL);
        INSERT INTO route_numbers VALUES (0, 0);
        CREATE TABLE quarantine_changes(
          number bigint PRIMARY KEY, kind smallint NOT NULL, name text COLLATE "C" NOT NULL, held boolean NOT NULL, reason text NOT NULL, asked_by text NOT NULL, at bigint NOT NULL, token bigint NOT NULL UNIQUE
        );
        CREATE INDEX quarantine_changes_by_name ON quarantine_changes(kind, name, number);
        """,
        """
        -- Keys are never deleted and revoked once; hashes only. The secret stands here where the environment names none.
        CREATE TABLE access_secret(id int PRIMARY KEY CHECK (id = 1), secret bytea NOT NULL);
        CREATE TABLE access_keys(
          number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id text NOT NULL UNIQUE, name text NOT NULL, roles int NOT NULL, hash bytea NOT NULL, secret text NOT NULL,
          limits text NOT NULL, created_at bigint NOT NULL, expires_at bigint, revoked_at bigint
        );
        CREATE TABLE audit(
          number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at bigint NOT NULL, by text NOT NULL, action text NOT NULL, subject text NOT NULL, before text, after text,
          token bigint UNIQUE
        );
        CREATE INDEX audit_by_subject ON audit(subject);
        """,
        """
        -- What tells that a text stands in no row of a shard; null where an older program registered it.
        ALTER TABLE shard_data ADD COLUMN words bytea;
        ALTER TABLE shard_data ALTER COLUMN words SET STORAGE EXTERNAL;
        """,
        """
        -- What checks of judges came to: of the same check the newest.
        CREATE TABLE checks(key text PRIMARY KEY, kind text NOT NULL, at bigint NOT NULL, build text NOT NULL, result text NOT NULL);
        CREATE INDEX checks_by_time ON checks(at);
        """,
    ];

    /// <summary>The version that this program writes.</summary>
    public static int Version => Steps.Length;

    /// <summary>Makes the schema and brings its tables to <see cref="Version"/>.</summary>
    public static async Task RunAsync(Database database, CancellationToken cancellationToken)
    {
        if (await VersionAsync(database, cancellationToken).ConfigureAwait(false) == Version) return;
        await database.TransactAsync(
            async (connection, _, cancel) =>
            {
                await connection.Command("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", "orchestration migrations of " + database.Schema).ExecuteAsync(cancel).ConfigureAwait(false);
                await connection.RunAsync($"CREATE SCHEMA IF NOT EXISTS {Quoted(database.Schema)}", cancel).ConfigureAwait(false);
                await connection.RunAsync("CREATE TABLE IF NOT EXISTS store_version(number int PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())", cancel).ConfigureAwait(false);
                var version = await new NpgsqlCommand("SELECT coalesce(max(number), 0) FROM store_version", connection).ScalarAsync<int>(cancel).ConfigureAwait(false);
                Check(database, version);
                for (; version < Version; version++)
                {
                    await connection.RunAsync(Steps[version], cancel).ConfigureAwait(false);
                    await connection.Command("INSERT INTO store_version(number) VALUES ($1)", version + 1).ExecuteAsync(cancel).ConfigureAwait(false);
                }

                return true;
            },
            cancellationToken).ConfigureAwait(false);
    }

    private static async Task<int> VersionAsync(Database database, CancellationToken cancellationToken) => await database.RunAsync(
        async (connection, _, cancel) =>
        {
            var isThere = await connection.Command("SELECT to_regclass($1) IS NOT NULL", database.Schema + ".store_version").ScalarAsync<bool>(cancel).ConfigureAwait(false);
            if (!isThere) return 0;
            var version = await new NpgsqlCommand("SELECT coalesce(max(number), 0) FROM store_version", connection).ScalarAsync<int>(cancel).ConfigureAwait(false);
            Check(database, version);
            return version;
        },
        cancellationToken).ConfigureAwait(false);

    private static void Check(Database database, int version)
    {
        if (version > Version)
        {
            throw new OrchestrationException(
                ErrorCodes.Store,
                string.Create(CultureInfo.InvariantCulture, $"{database.Display} was written by a newer program: its tables are version {version}, this program knows up to {Version}. Use the newer program, or another schema (?schema=NAME)."));
        }
    }

    private static string Quoted(string name) => "\"" + name + "\"";
}
