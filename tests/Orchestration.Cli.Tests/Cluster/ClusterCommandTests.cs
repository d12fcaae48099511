using System.CommandLine;
using System.Text.Json;
using Orchestration.Cli.Meta.Live;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Cli.Tests.Cluster;

/// <summary>The commands of a cluster: registering, working, pausing, waiting, looking.</summary>
public sealed class ClusterCommandTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_sweep_is_paused_everywhere_and_goes_on_when_it_is_resumed()
    {
        await using var world = await ClusterWorld.CreateAsync(latency: TimeSpan.FromMilliseconds(150));
        await world.RegisterAsync();
        world.Work();
        world.Work();
        await world.Endpoint.RequestsReachedAsync(world.Undisturbed + 40);
        (await world.Cli.RunAsync(["sweep", "pause", "s1", "--store", world.Store])).ShouldBe(0, world.Cli.Error);
        world.Cli.Out.ShouldContain("go on with: orchestrate sweep resume s1");

        // Both notice within half a second; what is in flight comes in.
        foreach (var worker in world.Workers)
            while (!worker.ErrorSoFar.Contains("is interrupted: leaving it", StringComparison.Ordinal)) await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Cancelled);
        await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System, Cancelled);
        var paused = world.Endpoint.Statistics();
        await Task.Delay(TimeSpan.FromMilliseconds(700), TimeProvider.System, Cancelled);
        world.Endpoint.Statistics().Requests.ShouldBe(paused.Requests, "nothing is asked while it is paused");

        var (status, picture) = await world.Cli.RunJsonAsync(["cluster", "status", "--json", "--store", world.Store, "--config", world.Cli.At("orchestration.yaml")]);
        status.ShouldBe(0, world.Cli.Error);
        var silos = picture.GetProperty("silos").EnumerateArray().Where(static silo => silo.GetProperty("role").GetString() == "worker").ToArray();
        silos.Length.ShouldBe(2);
        silos.ShouldAllBe(static silo => silo.GetProperty("alive").GetBoolean() && silo.GetProperty("shards").GetInt32() == 0 && silo.GetProperty("silent_seconds").GetDouble() < 5);
        var quota = picture.GetProperty("quotas").EnumerateArray().Single(static quota => quota.GetProperty("bucket").GetString() == "deployment/local");
        quota.GetProperty("requests_per_minute").GetInt64().ShouldBe(ClusterWorld.RequestsPerMinute);
        quota.GetProperty("requests").GetInt64().ShouldBeGreaterThanOrEqualTo(40);

        (await world.Cli.RunAsync(["sweep", "resume", "s1", "--detach", "--store", world.Store, "--config", world.Cli.At("orchestration.yaml")])).ShouldBe(0, world.Cli.Error);
        world.Cli.Out.ShouldContain("2 silos at work");
        await world.CheckAsync(mostRepaid: 0);
        foreach (var worker in world.Workers) worker.Signal("TERM");
        foreach (var worker in world.Workers) (await worker.ExitAsync()).ShouldBe(0, await worker.Error);
    }

    [Fact]
    public async Task The_command_that_registers_works_too_and_silos_help_it()
    {
        await using var world = await ClusterWorld.CreateAsync(latency: TimeSpan.FromMilliseconds(60));
        var helper = world.Work();
        (await world.Cli.RunAsync([.. world.Run])).ShouldBe(0, world.Cli.Error);
        await world.CheckAsync(mostRepaid: 0);
        helper.Signal("TERM");
        (await helper.ExitAsync()).ShouldBe(0, await helper.Error);
        (await helper.Error).ShouldContain("s1: working on it");
    }

    [Fact]
    public async Task Without_a_silo_the_command_says_so_and_nothing_is_asked()
    {
        await using var world = await ClusterWorld.CreateAsync();
        await world.RegisterAsync();
        world.Cli.Out.ShouldContain("no silo is working: start one with 'orchestrate work'");
        world.Endpoint.Statistics().Requests.ShouldBe(world.Undisturbed);

        // The same command again goes on with it, as it does everywhere.
        await world.RegisterAsync();
        world.Cli.Error.ShouldContain("sweep s1 was begun by the same command");
        (await world.Cli.RunAsync(["sweep", "cancel", "s1", "--store", world.Store])).ShouldBe(0, world.Cli.Error);
        world.Work("--until-idle");
        (await world.Workers[0].ExitAsync()).ShouldBe(0, await world.Workers[0].Error);
        world.Endpoint.Statistics().Requests.ShouldBe(world.Undisturbed, "a cancelled sweep is not worked");
    }

    [Theory]
    [InlineData("postgres://anna:geheim@127.0.0.1:1/none", "No database answers at postgres://127.0.0.1:1/none")]
    [InlineData("postgres://anna:geheim@/none", "The store's address cannot be read")]
    [InlineData("mysql://anna:geheim@host/none", "mysql:// is neither")]
    [InlineData("Host=127.0.0.1;Username=anna;Password=geheim", "a connection string in another form")]
    public async Task A_store_that_cannot_be_opened_is_told_without_its_password(string store, string expected)
    {
        using var cli = new CliRun();
        (await cli.RunAsync(["sweep", "list", "--store", store])).ShouldBe(2);
        cli.Error.ShouldContain(expected);
        (cli.Out + cli.Error).ShouldNotContain("geheim");
    }

    [Fact]
    public void A_folder_beside_a_database_is_local_and_not_named_after_its_password()
    {
        using var cli = new CliRun();
        var options = new LiveOptions("data");
        var command = new Command("check");
        options.AddTo(command);
        var data = cli.At("orchestration.yaml");
        File.WriteAllText(data, "");
        var settings = options.Read(command.Parse(["--data", data, "--judges", "rouge-l", "--store", "postgres://anna:geheim@host/none"]), new CliContext { Out = TextWriter.Null, Error = TextWriter.Null, StandardInput = Stream.Null }, "judgebench");
        settings.Folder.ShouldStartWith(Path.GetFullPath(Path.Combine(".orchestrate", "meta")));
    }

    [Theory]
    [InlineData("work", "--slots", "0", "--slots: shards at once")]
    [InlineData("work", "--lease", "1", "--lease: seconds")]
    [InlineData("work", "--concurrency", "0", "--concurrency: calls at once")]
    [InlineData("cluster", "watch --every", "0", "--every: seconds")]
    public async Task Options_out_of_their_range_are_told(string command, string option, string value, string expected)
    {
        using var cli = new CliRun();
        (await cli.RunAsync([command, .. option.Split(' '), value, "--store", cli.At("s.db")])).ShouldBe(2);
        cli.Error.ShouldContain(expected);
    }

    [Fact]
    public async Task A_silo_works_a_file_too()
    {
        using var cli = new CliRun();
        var pairs = Path.Combine(PublicData.RepositoryRoot, "samples", "pairs.jsonl");
        (await cli.RunAsync(["sweep", "run", "--pairs", pairs, "--judges", "relevance", "chrf", "--out", cli.At("plain"), "--store", cli.At("plain.db")])).ShouldBe(0, cli.Error);
        (await cli.RunAsync(["sweep", "run", "--pairs", pairs, "--judges", "relevance", "chrf", "--out", cli.At("out"), "--store", cli.At("s.db"), "--detach", "--json"])).ShouldBe(0, cli.Error);
        JsonDocument.Parse(cli.Out.TrimEnd().Split('\n')[^1]).RootElement.GetProperty("state").GetString().ShouldBe("running");
        (await cli.RunAsync(["work", "--until-idle", "--store", cli.At("s.db")])).ShouldBe(0, cli.Error);
        cli.Error.ShouldContain("sweep s1 is completed");
        (await cli.RunAsync(["sweep", "wait", "s1", "--store", cli.At("s.db")])).ShouldBe(0, cli.Error);
        File.ReadAllBytes(cli.At("out/results.jsonl")).ShouldBe(File.ReadAllBytes(cli.At("plain/results.jsonl")));
        (await cli.RunAsync(["cluster", "status", "--store", cli.At("s.db")])).ShouldBe(0, cli.Error);
        cli.Out.ShouldContain("worker");
    }
}
