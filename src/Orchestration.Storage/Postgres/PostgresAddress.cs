using Npgsql;
using Orchestration.Core;
using Orchestration.Core.Stores;

namespace Orchestration.Storage.Postgres;

/// <summary>Where a PostgreSQL store is: <c>postgres://USER[:PASSWORD]@HOST[:PORT]/DATABASE[?schema=NAME&amp;OPTION=VALUE…]</c>.</summary>
public sealed class PostgresAddress
{
    /// <summary>The schema unless the address names one.</summary>
    public const string DefaultSchema = "orchestration";

    private const int MaxSchemaLength = 63;
    private const int DefaultPort = 5432;

    // Unless the address says otherwise. A connection that only listens would not notice by itself that the other end is gone.
    private const int ConnectSeconds = 10;
    private const int KeepAliveSeconds = 15;

    private PostgresAddress(NpgsqlConnectionStringBuilder connection, string schema, StoreIdentity? identity)
    {
        Connection = connection;
        Identity = identity;
        Schema = schema;
        Display = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"postgres://{connection.Host}:{connection.Port}/{connection.Database}{(schema == DefaultSchema ? "" : $"?schema={schema}")}");
    }

    /// <summary>The schema that holds the store's tables.</summary>
    public string Schema { get; }

    /// <summary>Host, port, database and schema, for messages: neither user nor password.</summary>
    public string Display { get; }

    /// <summary>Whose token is the password (<c>identity=managed</c>); null where the address, PGPASSWORD or a password file has one.</summary>
    public StoreIdentity? Identity { get; }

    internal NpgsqlConnectionStringBuilder Connection { get; }

    /// <summary>How something else connects to a schema of its own in the same database. It holds the password: for drivers, never for messages.</summary>
    /// <param name="schema">The schema.</param>
    /// <param name="application">Who connects, as the server's administrators see it.</param>
    public string ConnectionString(string schema, string application) => new NpgsqlConnectionStringBuilder(Connection.ConnectionString) { SearchPath = schema, ApplicationName = application }.ConnectionString;

    /// <summary>True where a store's name is the address of a PostgreSQL database rather than a file.</summary>
    public static bool IsOne(string store)
    {
        ArgumentNullException.ThrowIfNull(store);
        return store.StartsWith("postgres://", StringComparison.OrdinalIgnoreCase) || store.StartsWith("postgresql://", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Reads an address. What it leaves out comes from libpq's variables (PGUSER, PGPASSWORD, PGPASSFILE) where Npgsql knows them.</summary>
    /// <exception cref="OrchestrationException">It cannot be read (<see cref="ErrorCodes.Configuration"/>). The message never repeats the address: it may hold a password.</exception>
    public static PostgresAddress Parse(string store)
    {
        ArgumentNullException.ThrowIfNull(store);
        if (!IsOne(store) || !Uri.TryCreate(store, UriKind.Absolute, out var uri) || uri.Host.Length == 0) throw Wrong("it is no such address");
        var database = Uri.UnescapeDataString(uri.AbsolutePath.TrimStart('/'));
        if (database.Length == 0 || database.Contains('/', StringComparison.Ordinal)) throw Wrong("it names no database");
        var builder = new NpgsqlConnectionStringBuilder
        {
            Host = uri.Host.Trim('[', ']'),
            Port = uri.Port > 0 ? uri.Port : DefaultPort,
            Database = database,
            Timeout = ConnectSeconds,
            KeepAlive = KeepAliveSeconds,
            // Asked for by default it needs a library that images of .NET do not have, whose absence every process then told on standard error.
            GssEncryptionMode = GssEncryptionMode.Disable,
        };
        var colon = uri.UserInfo.IndexOf(':', StringComparison.Ordinal);
        if (uri.UserInfo.Length > 0) builder.Username = Uri.UnescapeDataString(colon < 0 ? uri.UserInfo : uri.UserInfo[..colon]);
        if (colon >= 0) builder.Password = Uri.UnescapeDataString(uri.UserInfo[(colon + 1)..]);
        var schema = DefaultSchema;
        string? identity = null, client = null, scope = null;
        var tls = false;
        foreach (var part in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0) throw Wrong("its options have the form NAME=VALUE, with & between them");
            var (name, value) = (Uri.UnescapeDataString(part[..equals]), Uri.UnescapeDataString(part[(equals + 1)..]));
            if (name == "schema")
            {
                schema = value;
                continue;
            }

            if (name is "identity" or "identity-client-id" or "token-scope")
            {
                _ = name switch { "identity" => identity = value, "token-scope" => scope = value, _ => client = value };
                continue;
            }

            tls |= name == "sslmode";

            try
            {
                // libpq writes verify-full, Npgsql VerifyFull; in other options, such as a certificate's path, a dash is a dash.
                builder[name switch { "sslmode" => "SSL Mode", "connect_timeout" => "Timeout", "sslrootcert" => "Root Certificate", _ => name }] =
                    name == "sslmode" ? value.Replace("-", "", StringComparison.Ordinal) : value;
            }
            catch (Exception e) when (e is ArgumentException or FormatException or InvalidCastException or OverflowException)
            {
                throw Wrong($"its option '{name}' is unknown or out of range");
            }
        }

        if (schema.Length is 0 or > MaxSchemaLength || !schema.All(static c => c is >= 'a' and <= 'z' or >= '0' and <= '9' or '_') || schema.StartsWith("pg_", StringComparison.Ordinal))
            throw Wrong("its schema is 1 to 63 of a-z, 0-9 and _, and does not begin with pg_");
        return new PostgresAddress(builder, schema, IdentityOf(builder, identity, client, scope, tls));
    }

    private static StoreIdentity? IdentityOf(NpgsqlConnectionStringBuilder builder, string? identity, string? client, string? scope, bool statesTls)
    {
        if (identity is null) return client is null && scope is null ? null : throw Wrong("'identity-client-id' and 'token-scope' go with 'identity'");
        if (!StoreIdentity.Names.TryGetValue(identity, out var kind)) throw Wrong($"its 'identity' is one of {string.Join(", ", StoreIdentity.Names.Keys)}");
        if (builder.Password is not null) throw Wrong("it has a password, and an identity whose token is the password; leave one out");
        if (string.IsNullOrEmpty(builder.Username)) throw Wrong("with 'identity' it names the user, which is the name of the identity's role in the database");

        // The token is sent as it is: nobody on the way may read it, and no other server may get it.
        if (!statesTls) builder.SslMode = SslMode.VerifyFull;
        else if (builder.SslMode is not (SslMode.Require or SslMode.VerifyCA or SslMode.VerifyFull) && builder.Host is not ("127.0.0.1" or "::1" or "localhost"))
            throw Wrong("with 'identity' its sslmode is verify-full (the default), verify-ca or require; without TLS anybody on the way could read the token");
        return new StoreIdentity(kind, client, scope ?? StoreIdentity.PostgresScope);
    }

    private static OrchestrationException Wrong(string why) => new(
        ErrorCodes.Configuration, $"The store's address cannot be read: {why}. It has the form postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME; the password may stand in PGPASSWORD instead, and odd characters as %XX.");
}
