using System.Collections.Concurrent;
using System.Globalization;
using Npgsql;
using Orchestration.Core;
using Orchestration.Core.Access;
using Orchestration.Storage.Postgres;
using Orchestration.Testing.Postgres;
using Shouldly;
using Xunit;

namespace Orchestration.Storage.Tests.Postgres;

/// <summary>A real server that asks a role for a password, and a store whose passwords are tokens that change.</summary>
public sealed class PostgresTokenTests : IAsyncLifetime
{
    private static int _count;

    private readonly string _role = string.Create(CultureInfo.InvariantCulture, $"silos_{Environment.ProcessId}_{Interlocked.Increment(ref _count)}");
    private readonly ConcurrentQueue<string> _notes = new();
    private PostgresServer _server = null!;
    private string _token = "token-1";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await PostgresServer.SharedAsync();
        await _server.AskForPasswordAsync(_role);
        await AsAdministratorAsync($"CREATE ROLE {_role} LOGIN PASSWORD 'token-1'; GRANT CREATE ON DATABASE postgres TO {_role}");
        await AsAdministratorAsync("SELECT pg_reload_conf()");

        // The server reads its file a moment after it was told to.
        var source = new NpgsqlConnectionStringBuilder(_server.ConnectionString) { Username = _role, Password = "no" };
        while (true)
        {
            try
            {
                await using var connection = new NpgsqlConnection(source.ConnectionString);
                await connection.OpenAsync(Cancel);
            }
            catch (PostgresException e) when (e.SqlState == "28P01")
            {
                return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Cancel);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await AsAdministratorAsync($"DROP OWNED BY {_role} CASCADE");
        await AsAdministratorAsync($"DROP ROLE {_role}");
    }

    [Fact]
    public async Task A_store_goes_on_when_tokens_change_and_connections_are_cut()
    {
        await using var store = await OpenAsync(_ => ValueTask.FromResult(_token));
        await StoreAsync(store, "before");

        _token = "token-2";
        await AsAdministratorAsync($"ALTER ROLE {_role} PASSWORD 'token-2'");
        await AsAdministratorAsync($"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{_role}'");
        await StoreAsync(store, "after");

        (await store.Access.AuditAsync(new AuditQuery(10, null, null), Cancel)).Select(static e => e.Subject).ShouldBe(["after", "before"]);
    }

    [Fact]
    public async Task While_no_token_can_be_had_a_running_store_waits_for_one()
    {
        var isAway = false;
        await using var store = await OpenAsync(_ => isAway ? throw new OrchestrationException(ErrorCodes.Store, "no token of Entra ID can be had for the store") : ValueTask.FromResult(_token));
        isAway = true;
        await AsAdministratorAsync($"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{_role}'");
        var storing = StoreAsync(store, "waits");
        while (_notes.IsEmpty) await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Cancel);
        _notes.ShouldContain(static n => n.Contains("no token of Entra ID", StringComparison.Ordinal));
        isAway = false;
        await storing;
    }

    [Fact]
    public async Task A_refused_token_and_one_that_cannot_be_had_are_told_apart()
    {
        var refused = await Should.ThrowAsync<OrchestrationException>(async () => await OpenAsync(static _ => ValueTask.FromResult("an-old-token")));
        refused.Message.ShouldContain($"refuses the token of this identity (managed) for the user '{_role}'");
        refused.ToString().ShouldNotContain("an-old-token");

        var missing = await Should.ThrowAsync<OrchestrationException>(async () => await OpenAsync(static _ => throw new OrchestrationException(ErrorCodes.Store, "no token can be had")));
        missing.Message.ShouldBe($"postgres://127.0.0.1:{_server.Port}/postgres?schema={_role}: no token can be had");
    }

    private async Task<PostgresStore> OpenAsync(Func<CancellationToken, ValueTask<string>> password) => await PostgresStore.OpenAsync(
        new PostgresStoreOptions
        {
            Address = PostgresAddress.Parse($"postgres://{_role}@127.0.0.1:{_server.Port}/postgres?schema={_role}&identity=managed&sslmode=disable"),
            Password = password,
            OnNote = _notes.Enqueue,
        },
        Cancel);

    private static async Task StoreAsync(PostgresStore store, string subject) => await store.Access.RecordAsync(new AuditEntry("test", "test", subject), Cancel);

    private async Task AsAdministratorAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(_server.ConnectionString);
        await connection.OpenAsync(Cancel);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Cancel);
    }
}
