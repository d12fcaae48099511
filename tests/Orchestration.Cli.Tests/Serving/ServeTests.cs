using System.Globalization;
using System.Net;
using System.Text.Json;
using Orchestration.Cli.Endpoint;
using Orchestration.Simulation;
using Orchestration.Testing.Postgres;
using Shouldly;
using Xunit;

namespace Orchestration.Cli.Tests.Serving;

/// <summary>Silos with HTTP as real processes: told to stop, killed, and beside one another on one database.</summary>
public sealed class ServeTests
{
    private static int _count;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_process_told_to_stop_answers_what_is_in_flight_says_that_it_drains_and_leaves_in_order()
    {
        await using var endpoint = await ScriptedEndpoint.StartAsync(new ScriptedEndpointOptions { Latency = TimeSpan.FromMilliseconds(1500) }, cancellationToken: Stop);
        using var cli = new CliRun();
        cli.Write("orchestration.yaml", EndpointCommand.Configuration(endpoint.ChatEndpoint).Split('\n'));
        using var silo = await ServeProcess.StartAsync(cli.Folder, cli.At("store.db"), "--open", "--grace-seconds", "1");
        var inFlight = silo.PostAsync("/v1/judge", """{"pairs":[{"prompt":"p","answer":"a"}],"judges":["clarity@local"]}""");
        await endpoint.RequestsReachedAsync(1);
        silo.Run.Signal("TERM");
        HttpResponseMessage ready;
        do
        {
            ready = await silo.Client.GetAsync("/health/ready", Stop);
        }
        while (ready.StatusCode == HttpStatusCode.OK);
        ready.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        using var answer = await inFlight;
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await answer.Content.ReadAsStringAsync(Stop)).ShouldContain("\"calls\":1");
        (await silo.Run.ExitAsync()).ShouldBe(0, silo.Run.ErrorSoFar);
        silo.Run.ErrorSoFar.ShouldContain("draining");
    }

    [Fact]
    public async Task Keys_made_and_revoked_on_the_command_line_count_at_a_running_silo_and_stand_in_no_output()
    {
        using var cli = new CliRun();
        (await cli.RunAsync(["key", "create", "dashboard", "--role", "read", "--requests-per-minute", "500", "--store", cli.At("store.db")])).ShouldBe(0, cli.Error);
        var key = cli.Out.Trim();
        key.ShouldMatch("^ok_[a-z2-7]{12}_[a-z2-7]{52}$");
        var secret = key[16..];
        using var silo = await ServeProcess.StartAsync(cli.Folder, cli.At("store.db"));
        silo.Use(key);
        (await silo.Client.GetAsync("/v1/audit", Stop)).StatusCode.ShouldBe(HttpStatusCode.OK);

        (await cli.RunAsync(["key", "list", "--store", cli.At("store.db")])).ShouldBe(0);
        cli.Out.ShouldContain("dashboard");
        (cli.Out + cli.Error).ShouldNotContain(secret);
        (await cli.RunAsync(["audit", "--json", "--store", cli.At("store.db")])).ShouldBe(0);
        cli.Out.ShouldContain("key.create");
        (cli.Out + cli.Error).ShouldNotContain(secret);
        (await cli.RunAsync(["key", "revoke", key[3..15], "--store", cli.At("store.db")])).ShouldBe(0, cli.Error);

        var began = TimeProvider.System.GetTimestamp();
        while ((await silo.Client.GetAsync("/v1/audit", Stop)).StatusCode == HttpStatusCode.OK) TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(TimeSpan.FromSeconds(2));
        silo.Run.Interrupt();
        (await silo.Run.ExitAsync()).ShouldBe(0, silo.Run.ErrorSoFar);
        (silo.Run.ErrorSoFar + await silo.Run.Out).ShouldNotContain(secret);
        foreach (var file in Directory.GetFiles(cli.Folder))
            System.Text.Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file, Stop)).ShouldNotContain(secret);
    }

    [Fact]
    public async Task A_second_silo_on_the_same_port_is_told_and_names_the_cure()
    {
        using var cli = new CliRun();
        using var silo = await ServeProcess.StartAsync(cli.Folder, cli.At("store.db"), "--open");
        (await cli.RunAsync(["serve", "--open", "--listen", silo.Client.BaseAddress!.GetLeftPart(UriPartial.Authority), "--store", cli.At("store.db")])).ShouldBe(ExitStatus.BadInput);
        cli.Error.ShouldContain("--listen");
    }

    [Fact]
    public async Task Two_silos_on_one_database_share_sweeps_keys_and_a_killed_ones_work_goes_on()
    {
        var server = await PostgresServer.SharedAsync();
        var store = server.Address(string.Create(CultureInfo.InvariantCulture, $"serve_{Environment.ProcessId}_{Interlocked.Increment(ref _count)}"));
        await using var endpoint = await ScriptedEndpoint.StartAsync(new ScriptedEndpointOptions { Latency = TimeSpan.FromMilliseconds(20), TrackContents = true }, cancellationToken: Stop);
        using var cli = new CliRun();
        cli.Write("orchestration.yaml", EndpointCommand.Configuration(endpoint.ChatEndpoint).Replace("{concurrency: 64}", "{concurrency: 4}", StringComparison.Ordinal).Split('\n'));
        (await cli.RunAsync(["key", "create", "both", "--role", "judge,read", "--store", store])).ShouldBe(0, cli.Error);
        var key = cli.Out.Trim();
        using var one = await ServeProcess.StartAsync(cli.Folder, store);
        using var two = await ServeProcess.StartAsync(cli.Folder, store);
        one.Use(key);
        two.Use(key);

        // Made elsewhere while both run: it counts at both within a second or so.
        (await cli.RunAsync(["key", "create", "late", "--role", "read", "--store", store])).ShouldBe(0, cli.Error);
        var late = cli.Out.Trim();
        foreach (var silo in new[] { one, two })
        {
            silo.Use(late);
            await UntilAsync(silo, HttpStatusCode.OK);
        }

        (await cli.RunAsync(["key", "revoke", late[3..15], "--store", store])).ShouldBe(0, cli.Error);
        foreach (var silo in new[] { one, two })
        {
            await UntilAsync(silo, HttpStatusCode.Unauthorized);
            silo.Use(key);
        }

        var rows = string.Concat(Enumerable.Range(0, 600).Select(static i => string.Create(CultureInfo.InvariantCulture, $$"""{"id":"r{{i}}","prompt":"What is {{i}}?","answer":"A number."}""") + "\n"));
        using var made = await one.PostAsync("/v1/sweeps?judges=clarity@local", rows, "application/x-ndjson");
        made.StatusCode.ShouldBe(HttpStatusCode.Created, one.Run.ErrorSoFar);
        JsonElement.Parse(await two.GetAsync("/v1/sweeps/s1")).GetProperty("rows").GetInt64().ShouldBe(600);
        await endpoint.RequestsReachedAsync(60);
        one.Run.Kill();
        await one.Run.Exited;

        (await two.GetAsync("/v1/sweeps/s1/events")).ShouldContain("\"state\":\"completed\"");
        (await two.GetAsync("/v1/sweeps/s1/results")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(600);
        (endpoint.Statistics().Delivered - 600).ShouldBeInRange(0, 8, "what was in flight at the killed silo may be asked again, and nothing else");
        two.Run.Signal("TERM");
        (await two.Run.ExitAsync()).ShouldBe(0, two.Run.ErrorSoFar);
    }

    private static async Task UntilAsync(ServeProcess silo, HttpStatusCode status)
    {
        var began = TimeProvider.System.GetTimestamp();
        while ((await silo.Client.GetAsync("/v1/audit", Stop)).StatusCode != status) TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(TimeSpan.FromSeconds(2));
    }
}
