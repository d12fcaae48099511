using Orchestration.Core;

namespace Orchestration.Storage.Sqlite;

/// <summary>The tables, as numbered migrations. A migration that has been released is never edited; a change is a new one at the end.</summary>
internal static class Schema
{
    /// <summary>Marks the file as ours in its header: "Orch".</summary>
    public const int ApplicationId = 0x4F726368;

    /// <summary>Bytes of a page. Measured against 4096, 8192 and 32768: half the processor time of 4096 for blobs of a megabyte, and no slower for small commits.</summary>
    public const int PageSize = 16384;

    private static readonly string[] Migrations =
    [
        """
        CREATE TABLE store(
          id INTEGER PRIMARY KEY CHECK (id = 1),
          owners INTEGER NOT NULL,            -- how many owners have opened it: the next one's number
          folded_through INTEGER NOT NULL,    -- journal rows up to this one are in pairs and details
          folded INTEGER NOT NULL             -- judgments in pairs
        );
        INSERT INTO store VALUES (1, 0, 0, 0);

        CREATE TABLE journal(seq INTEGER PRIMARY KEY, entries BLOB NOT NULL);
        CREATE TABLE pairs(id INTEGER PRIMARY KEY, high INTEGER NOT NULL, low INTEGER NOT NULL, entries BLOB NOT NULL);
        CREATE INDEX pairs_by_hash ON pairs(high);
        CREATE TABLE details(id INTEGER PRIMARY KEY, body BLOB NOT NULL);

        CREATE TABLE sweeps(
          number INTEGER PRIMARY KEY AUTOINCREMENT,
          state INTEGER NOT NULL,
          definition TEXT NOT NULL,
          fingerprint TEXT NOT NULL,
          output_folder TEXT NOT NULL,
          owner TEXT NOT NULL,
          created_at INTEGER NOT NULL,        -- UTC ticks
          row_count INTEGER NOT NULL DEFAULT 0,
          rejected INTEGER NOT NULL DEFAULT 0,
          shards INTEGER NOT NULL DEFAULT 0,
          calls INTEGER NOT NULL DEFAULT 0,
          failures INTEGER NOT NULL DEFAULT 0,
          input_tokens INTEGER NOT NULL DEFAULT 0,
          cached_input_tokens INTEGER NOT NULL DEFAULT 0,
          output_tokens INTEGER NOT NULL DEFAULT 0,
          reasoning_tokens INTEGER NOT NULL DEFAULT 0,
          cost_usd TEXT NOT NULL DEFAULT '0', -- decimal
          seconds REAL NOT NULL DEFAULT 0
        );
        -- key = sweep number << 32 | index. Blobs stand in tables of their own: claiming and counting read none of their pages.
        CREATE TABLE shards(
          key INTEGER PRIMARY KEY,
          sweep INTEGER NOT NULL,
          row_count INTEGER NOT NULL,
          first_row INTEGER NOT NULL DEFAULT 0,
          done INTEGER NOT NULL DEFAULT 0,
          epoch INTEGER NOT NULL DEFAULT 0,
          owner TEXT,
          lease_until INTEGER NOT NULL DEFAULT 0, -- UTC ticks
          judgments INTEGER NOT NULL DEFAULT 0,
          unscored INTEGER NOT NULL DEFAULT 0,
          from_store INTEGER NOT NULL DEFAULT 0
        );
        CREATE INDEX open_shards ON shards(sweep) WHERE done = 0;
        CREATE TABLE shard_heads(key INTEGER PRIMARY KEY, body BLOB NOT NULL);
        CREATE TABLE shard_texts(key INTEGER PRIMARY KEY, body BLOB NOT NULL);
        CREATE TABLE shard_blocks(key INTEGER PRIMARY KEY, body BLOB NOT NULL);
        CREATE TABLE unscored(
          shard INTEGER NOT NULL, row INTEGER NOT NULL, col INTEGER NOT NULL, reason TEXT NOT NULL,
          PRIMARY KEY (shard, row, col)
        ) WITHOUT ROWID;

        -- Money is decimal text: exact whatever the prices.
        CREATE TABLE payers(
          payer TEXT PRIMARY KEY, cap TEXT, settled TEXT NOT NULL DEFAULT '0', unknown TEXT NOT NULL DEFAULT '0', held TEXT NOT NULL DEFAULT '0'
        ) WITHOUT ROWID;
        CREATE TABLE reservations(
          id INTEGER PRIMARY KEY AUTOINCREMENT, payer TEXT NOT NULL, owner TEXT NOT NULL, amount TEXT NOT NULL
        );
        CREATE INDEX reservations_by_payer ON reservations(payer);
        """,
        """
        CREATE TABLE aggregator_versions(
          number INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, id TEXT NOT NULL, model TEXT NOT NULL, added_at INTEGER NOT NULL
        );
        CREATE UNIQUE INDEX aggregator_versions_by_id ON aggregator_versions(id, name);
        CREATE TABLE aggregator_bodies(version INTEGER PRIMARY KEY, manifest BLOB NOT NULL, weights BLOB NOT NULL);
        CREATE TABLE aggregator_settings(
          name TEXT PRIMARY KEY,
          epoch INTEGER NOT NULL,
          active TEXT,
          earlier TEXT NOT NULL,              -- ids with spaces between them, the latest last; - for none
          shadow TEXT,
          canary TEXT,
          canary_share REAL NOT NULL,
          change INTEGER NOT NULL             -- numbers the changes of all names: the feed
        ) WITHOUT ROWID;
        CREATE TABLE aggregator_attempts(
          number INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, version TEXT, previous TEXT, outcome INTEGER NOT NULL, reason TEXT NOT NULL,
          asked_by TEXT, at INTEGER NOT NULL
        );
        CREATE INDEX aggregator_attempts_by_name ON aggregator_attempts(name);
        CREATE TABLE aggregator_comparisons(
          name TEXT NOT NULL, active TEXT NOT NULL, other TEXT NOT NULL, row_count INTEGER NOT NULL, only_active INTEGER NOT NULL,
          only_other INTEGER NOT NULL, total REAL NOT NULL, other_total REAL NOT NULL, squares REAL NOT NULL, other_squares REAL NOT NULL,
          products REAL NOT NULL, max_difference REAL NOT NULL, PRIMARY KEY (name, active, other)
        ) WITHOUT ROWID;
        """,
        """
        -- What was granted in the last minute and when the next call is due; the layout is the authority's own.
        CREATE TABLE quotas(bucket TEXT PRIMARY KEY, state BLOB NOT NULL) WITHOUT ROWID;
        """,
        """
        -- Batches at endpoints that have not ended; remote is null where it is not known whether the batch was made.
        CREATE TABLE batches(
          id INTEGER PRIMARY KEY AUTOINCREMENT, sweep INTEGER NOT NULL, deployment TEXT NOT NULL, intent TEXT NOT NULL, requests INTEGER NOT NULL,
          bound TEXT, largest_bound TEXT NOT NULL, reservation INTEGER, remote TEXT, created_at INTEGER NOT NULL
        );
        CREATE INDEX batches_by_sweep ON batches(sweep);
        CREATE TABLE batch_holds(sweep INTEGER PRIMARY KEY, owner TEXT NOT NULL);
        """,
        """
        ALTER TABLE reservations ADD COLUMN judge TEXT NOT NULL DEFAULT '';
        ALTER TABLE reservations ADD COLUMN deployment TEXT NOT NULL DEFAULT '';
        CREATE TABLE spent(
          payer TEXT NOT NULL, judge TEXT NOT NULL, deployment TEXT NOT NULL, calls INTEGER NOT NULL, settled TEXT NOT NULL, unknown TEXT NOT NULL,
          PRIMARY KEY (payer, judge, deployment)
        ) WITHOUT ROWID;
        """,
        """
        ALTER TABLE sweeps ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE sweeps ADD COLUMN repaid INTEGER NOT NULL DEFAULT 0;
        CREATE TABLE silos(
          owner TEXT PRIMARY KEY, host TEXT NOT NULL, process INTEGER NOT NULL, version TEXT NOT NULL, started_at INTEGER NOT NULL, seen_at INTEGER NOT NULL, report TEXT NOT NULL
        ) WITHOUT ROWID;
        """,
        """
        -- Routed traffic: a row for each batch of routes. Keys are the first eight bytes of each id and stand before the body, so that looking for one reads no more.
        CREATE TABLE route_blocks(
          number INTEGER PRIMARY KEY AUTOINCREMENT, last_at INTEGER NOT NULL, routes INTEGER NOT NULL, keys BLOB NOT NULL, body BLOB NOT NULL
        );
        CREATE INDEX route_blocks_by_age ON route_blocks(last_at, number, routes);
        CREATE TABLE route_rewards(number INTEGER PRIMARY KEY AUTOINCREMENT, id BLOB NOT NULL, at INTEGER NOT NULL, body BLOB NOT NULL);
        CREATE UNIQUE INDEX route_rewards_by_id ON route_rewards(id);
        CREATE TABLE route_ratings(
          number INTEGER PRIMARY KEY AUTOINCREMENT, id BLOB NOT NULL, source TEXT NOT NULL, expert TEXT NOT NULL, rating REAL NOT NULL, comment TEXT, at INTEGER NOT NULL, held_back TEXT
        );
        CREATE UNIQUE INDEX route_ratings_by_id ON route_ratings(id, source);
        CREATE TABLE route_totals(
          day INTEGER NOT NULL, expert TEXT NOT NULL, routes INTEGER NOT NULL, failed INTEGER NOT NULL, explored INTEGER NOT NULL, cost TEXT NOT NULL, unknown TEXT NOT NULL,
          latency REAL NOT NULL, output INTEGER NOT NULL, PRIMARY KEY (day, expert)
        ) WITHOUT ROWID;
        -- What each owner had counted with its last batch; written is what is in the blocks, or was.
        CREATE TABLE route_writers(
          owner TEXT PRIMARY KEY, batch INTEGER NOT NULL, accepted INTEGER NOT NULL, written INTEGER NOT NULL, dropped INTEGER NOT NULL, ended INTEGER NOT NULL, at INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE TABLE quarantine_changes(
          number INTEGER PRIMARY KEY, kind INTEGER NOT NULL, name TEXT NOT NULL, held INTEGER NOT NULL, reason TEXT NOT NULL, asked_by TEXT NOT NULL, at INTEGER NOT NULL
        );
        CREATE INDEX quarantine_changes_by_name ON quarantine_changes(kind, name);
        """,
        """
        -- Keys are never deleted and revoked once; hashes only. The secret stands here where the environment names none.
        CREATE TABLE access_secret(id INTEGER PRIMARY KEY CHECK (id = 1), secret BLOB NOT NULL);
        CREATE TABLE access_keys(
          number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, roles INTEGER NOT NULL, hash BLOB NOT NULL, secret TEXT NOT NULL,
          limits TEXT NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER, revoked_at INTEGER
        );
        CREATE TABLE audit(
          number INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, by TEXT NOT NULL, action TEXT NOT NULL, subject TEXT NOT NULL, before TEXT, after TEXT
        );
        CREATE INDEX audit_by_subject ON audit(subject);
        """,
        """
        -- With the heads, of which it is a part: whoever removes or replaces a shard's head takes it along. Null where an older program registered the shard.
        ALTER TABLE shard_heads ADD COLUMN words BLOB;
        """,
        """
        -- What checks of judges came to: of the same check the newest.
        CREATE TABLE checks(key TEXT PRIMARY KEY, kind TEXT NOT NULL, at INTEGER NOT NULL, build TEXT NOT NULL, result TEXT NOT NULL);
        CREATE INDEX checks_by_time ON checks(at);
        """,
    ];

    /// <summary>The version that this program writes.</summary>
    public static int Version => Migrations.Length;

    /// <summary>Checks that the file is one of ours, or new, and brings it to <see cref="Version"/>.</summary>
    public static void Prepare(Connection connection)
    {
        var path = connection.Path;
        if (CheckAtOnce(connection) && connection.Number("PRAGMA page_count") == 0) connection.Execute($"PRAGMA page_size = {PageSize}");
        UseWriteAheadLog(connection);
        while (true)
        {
            connection.Execute("BEGIN IMMEDIATE");
            try
            {
                Check(connection);
                var version = (int)(connection.Number("PRAGMA user_version") ?? 0);
                if (version >= Version)
                {
                    connection.Execute("ROLLBACK");
                    return;
                }

                connection.Execute(Migrations[version]);
                connection.Execute($"PRAGMA user_version = {version + 1}; PRAGMA application_id = {ApplicationId}; COMMIT");
            }
            finally
            {
                connection.RollbackIfNeeded();
            }
        }

        // In one snapshot: another process may be making the tables just now.
        bool CheckAtOnce(Connection connection)
        {
            connection.Execute("BEGIN");
            try
            {
                return Check(connection);
            }
            finally
            {
                connection.RollbackIfNeeded();
            }
        }

        // True where it is new.
        bool Check(Connection connection)
        {
            var application = connection.Number("PRAGMA application_id") ?? 0;
            var version = connection.Number("PRAGMA user_version") ?? 0;
            if (application == ApplicationId)
            {
                if (version > Version)
                {
                    throw new OrchestrationException(
                        ErrorCodes.Store,
                        $"{path} was written by a newer program: its tables are version {version}, this program knows up to {Version}. Use the newer program, or another file.");
                }

                return false;
            }

            if (application != 0 || version != 0 || (connection.Number("SELECT count(*) FROM sqlite_schema") ?? 0) != 0)
            {
                throw new OrchestrationException(
                    ErrorCodes.Store, $"{path} is another program's database, not a store. Name another file with --store; nothing was changed in this one.");
            }

            return true;
        }
    }

    private static void UseWriteAheadLog(Connection connection)
    {
        // Several processes may open a new file at once. Changing the mode needs the file for itself and does not always wait for it,
        // so wait as a writer does, then look again.
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                using var statement = connection.Use("PRAGMA journal_mode = WAL");
                if (statement.Step() && string.Equals(statement.Text(0), "wal", StringComparison.Ordinal)) return;
                throw new OrchestrationException(
                    ErrorCodes.Store,
                    $"{connection.Path} lies on a file system that cannot share memory between processes, such as a network share. Name a file on a local disk.");
            }
            catch (SqliteFailureException failure) when (failure.Result == SQLitePCL.raw.SQLITE_BUSY && attempt < 200)
            {
                connection.Execute("BEGIN IMMEDIATE; ROLLBACK");
            }
        }
    }
}
