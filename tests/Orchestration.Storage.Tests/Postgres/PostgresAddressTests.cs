using Npgsql;
using Orchestration.Core;
using Orchestration.Core.Configuration;
using Orchestration.Core.Stores;
using Orchestration.Storage.Postgres;
using Orchestration.Testing.Postgres;
using Shouldly;
using Xunit;

namespace Orchestration.Storage.Tests.Postgres;

public sealed class PostgresAddressTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("postgres://db.example/evaluations", "db.example", 5432, "evaluations", "orchestration", "postgres://db.example:5432/evaluations")]
    [InlineData("postgresql://anna:ge%40heim@127.0.0.1:6000/e?schema=team_1&sslmode=verify-full", "127.0.0.1", 6000, "e", "team_1", "postgres://127.0.0.1:6000/e?schema=team_1")]
    public void An_address_is_read_and_shown_without_its_secrets(string text, string host, int port, string database, string schema, string shown)
    {
        var address = PostgresAddress.Parse(text);
        (address.Connection.Host, address.Connection.Port, address.Connection.Database, address.Schema, address.Display).ShouldBe((host, port, database, schema, shown));
        if (!text.Contains("anna", StringComparison.Ordinal)) return;
        (address.Connection.Username, address.Connection.Password, address.Connection.SslMode).ShouldBe(("anna", "ge@heim", SslMode.VerifyFull));
    }

    [Fact]
    public void Kerberos_is_asked_for_only_where_the_address_says_so()
    {
        PostgresAddress.Parse("postgres://host/e").Connection.GssEncryptionMode.ShouldBe(GssEncryptionMode.Disable);
        PostgresAddress.Parse("postgres://host/e?gss%20encryption%20mode=Prefer").Connection.GssEncryptionMode.ShouldBe(GssEncryptionMode.Prefer);
    }

    [Fact]
    public void A_dash_in_a_path_or_a_name_stays_a_dash()
    {
        var address = PostgresAddress.Parse("postgres://host/e?sslmode=verify-ca&sslrootcert=/etc/our-ca/root-1.pem");
        (address.Connection.SslMode, address.Connection.RootCertificate).ShouldBe((SslMode.VerifyCA, "/etc/our-ca/root-1.pem"));
    }

    [Fact]
    public async Task A_database_without_TLS_is_told_from_one_that_does_not_answer()
    {
        var server = await PostgresServer.SharedAsync();
        var address = PostgresAddress.Parse($"postgres://orchestrate@127.0.0.1:{server.Port}/postgres?sslmode=verify-full");
        var failure = await Should.ThrowAsync<OrchestrationException>(async () => await PostgresStore.OpenAsync(new PostgresStoreOptions { Address = address }, Cancel));
        failure.Code.ShouldBe(ErrorCodes.Store);
        failure.Message.ShouldContain("answers, but no connection came about");
        failure.Message.ShouldContain("sslmode");
    }

    [Fact]
    public void An_identity_in_the_address_stands_in_for_a_password_and_asks_for_checked_TLS()
    {
        var address = PostgresAddress.Parse("postgres://id-silos@db.example/e?identity=managed&identity-client-id=0b8b5d6e");
        address.Identity.ShouldBe(new StoreIdentity(EntraIdentity.Managed, "0b8b5d6e", "https://ossrdbms-aad.database.windows.net/.default"));
        (address.Connection.Username, address.Connection.Password, address.Connection.SslMode).ShouldBe(("id-silos", null, SslMode.VerifyFull));
        PostgresAddress.Parse("postgres://id-silos@127.0.0.1/e?identity=azure-cli&sslmode=disable").Connection.SslMode.ShouldBe(SslMode.Disable);
        PostgresAddress.Parse("postgres://a@h/e?identity=workload&token-scope=https://ossrdbms-aad.database.usgovcloudapi.net/.default").Identity!.TokenScope.ShouldContain("usgovcloudapi");
        PostgresAddress.Parse("postgres://anna@h/e").Identity.ShouldBeNull();
    }

    [Theory]
    [InlineData("postgres://anna:geheim@host/e?identity=managed", "leave one out")]
    [InlineData("postgres://host/e?identity=managed", "names the user")]
    [InlineData("postgres://anna@host/e?identity=anybody", "default, managed, workload, environment, azure-cli")]
    [InlineData("postgres://anna@host/e?identity-client-id=1", "go with 'identity'")]
    [InlineData("postgres://anna@host/e?identity=managed&sslmode=prefer", "could read the token")]
    public void An_identity_that_would_not_do_is_told(string text, string why) =>
        Should.Throw<OrchestrationException>(() => PostgresAddress.Parse(text)).Message.ShouldContain(why);

    [Fact]
    public async Task A_program_without_tokens_says_so()
    {
        var address = PostgresAddress.Parse("postgres://anna@127.0.0.1:1/e?identity=managed");
        var failure = await Should.ThrowAsync<OrchestrationException>(async () => await PostgresStore.OpenAsync(new PostgresStoreOptions { Address = address }, Cancel));
        failure.Message.ShouldContain("this program gives no tokens for stores");
    }

    [Fact]
    public void A_silent_connection_is_looked_after_unless_the_address_says_otherwise()
    {
        var usual = PostgresAddress.Parse("postgres://host/e").Connection;
        (usual.Timeout, usual.KeepAlive).ShouldBe((10, 15));
        var stated = PostgresAddress.Parse("postgres://host/e?connect_timeout=3&Keepalive=60").Connection;
        (stated.Timeout, stated.KeepAlive).ShouldBe((3, 60));
    }

    [Theory]
    [InlineData("postgres://anna:geheim@host")]
    [InlineData("postgres://anna:geheim@host/a/b")]
    [InlineData("postgres://anna:geheim@host/e?schema=Drop Table")]
    [InlineData("postgres://anna:geheim@host/e?schema=pg_own")]
    [InlineData("postgres://anna:geheim@host/e?nonsense=1")]
    [InlineData("postgres://anna:geheim@host/e?Timeout=soon")]
    [InlineData("postgres://anna:geheim@host/e?loose")]
    public void What_cannot_be_read_is_told_without_repeating_it(string text)
    {
        var failure = Should.Throw<OrchestrationException>(() => PostgresAddress.Parse(text));
        failure.Code.ShouldBe(ErrorCodes.Configuration);
        failure.Message.ShouldNotContain("geheim");
        failure.Message.ShouldContain("postgres://USER:PASSWORD@HOST:PORT/DATABASE");
    }

    [Fact]
    public async Task A_database_that_is_not_there_is_told_at_once()
    {
        var server = await PostgresServer.SharedAsync();
        var address = PostgresAddress.Parse($"postgres://orchestrate@127.0.0.1:{server.Port}/nothing");
        var failure = await Should.ThrowAsync<OrchestrationException>(async () => await PostgresStore.OpenAsync(new PostgresStoreOptions { Address = address }, Cancel));
        failure.Code.ShouldBe(ErrorCodes.Store);
        failure.Message.ShouldContain("there is no such database. Make it ('createdb nothing')");
    }

    [Fact]
    public async Task Tables_of_a_newer_program_are_left_alone()
    {
        await using var world = await PostgresWorld.CreateAsync();
        await (await world.OpenAsync(Cancel)).DisposeAsync();
        await using (var connection = new NpgsqlConnection((await PostgresServer.SharedAsync()).ConnectionString))
        {
            await connection.OpenAsync(Cancel);
            await using var newer = new NpgsqlCommand($"INSERT INTO {PostgresAddress.Parse(world.Address).Schema}.store_version(number) VALUES (9000)", connection);
            await newer.ExecuteNonQueryAsync(Cancel);
        }

        var failure = await Should.ThrowAsync<OrchestrationException>(async () => await world.OpenAsync(Cancel));
        failure.Message.ShouldContain("was written by a newer program: its tables are version 9000");
    }

    [Fact]
    public async Task Many_who_open_an_empty_database_at_once_all_get_it()
    {
        await using var world = await PostgresWorld.CreateAsync();
        var owners = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => world.OpenAsync(Cancel).AsTask()));
        owners.Select(static owner => owner.Owner).Distinct().Count().ShouldBe(12);
        foreach (var owner in owners) await owner.DisposeAsync();
    }
}
