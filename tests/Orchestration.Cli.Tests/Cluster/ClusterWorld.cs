using System.Globalization;
using System.Text.Json;
using Orchestration.Cli.Endpoint;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Simulation;
using Orchestration.Testing;
using Orchestration.Testing.Postgres;
using Shouldly;
using Xunit;

namespace Orchestration.Cli.Tests.Cluster;

/// <summary>
/// A store on a real PostgreSQL server, silos that are real processes, an endpoint that keeps the true books: what an undisturbed process makes of the same data, and what
/// must hold after every fault.
/// </summary>
internal sealed class ClusterWorld : IAsyncDisposable
{
    public const decimal CapUsd = 8;
    public const int Concurrency = 6;
    /// <summary>What a silo can have claimed at once: its calls, and as many before and after theirs.</summary>
    public const int MostClaims = 2 * Concurrency;

    public const int RequestsPerMinute = 6000;

    private static int _count;
    private readonly List<ProcessRun> _workers = [];
    private byte[] _expected = [];

    private ClusterWorld(string store, ScriptedEndpoint endpoint)
    {
        Store = store;
        Endpoint = endpoint;
    }

    public CliRun Cli { get; } = new();

    public ScriptedEndpoint Endpoint { get; }

    public string Store { get; }

    public IReadOnlyList<ProcessRun> Workers => _workers;

    /// <summary>The command that registers the sweep and works it.</summary>
    public string[] Run => Sweep(Store, "out", 8, CapUsd);

    /// <summary>Requests of an undisturbed run.</summary>
    public long Undisturbed { get; private set; }

    /// <summary>A world in a schema of its own.</summary>
    /// <param name="server">Its server; null for the one that the tests of this process share.</param>
    /// <param name="latency">Of the endpoint.</param>
    public static async Task<ClusterWorld> CreateAsync(PostgresServer? server = null, TimeSpan? latency = null)
    {
        server ??= await PostgresServer.SharedAsync();
        var schema = string.Create(CultureInfo.InvariantCulture, $"cluster_{Environment.ProcessId}_{Interlocked.Increment(ref _count)}");
        var endpoint = await ScriptedEndpoint.StartAsync(
            new ScriptedEndpointOptions
            {
                Latency = latency ?? TimeSpan.FromMilliseconds(30),
                TrackContents = true,
                Prices = new TokenPrices(0.40m, 0.10m, 1.60m, 1.60m),
                ArrivalsKept = 20_000,
            },
            cancellationToken: TestContext.Current.CancellationToken);
        var world = new ClusterWorld(server.Address(schema), endpoint);
        world.Cli.Write("orchestration.yaml", EndpointCommand.Configuration(endpoint.ChatEndpoint)
            .Replace("{concurrency: 64}", $"{{concurrency: {Concurrency}, requests-per-minute: {RequestsPerMinute}}}", StringComparison.Ordinal).Split('\n'));
        await world.RunUndisturbedAsync();
        return world;
    }

    /// <summary>Registers the sweep for silos to work.</summary>
    public async Task<string> RegisterAsync(int rowsPerShard = 8, decimal capUsd = CapUsd)
    {
        (await Cli.RunAsync([.. Sweep(Store, "out", rowsPerShard, capUsd), "--detach"])).ShouldBe(0, Cli.Error);
        return "s1";
    }

    /// <summary>Starts a silo.</summary>
    public ProcessRun Work(params string[] options) => Work(new Dictionary<string, string>(StringComparer.Ordinal), options);

    /// <summary>Starts a silo that reaches the server by another port.</summary>
    public ProcessRun WorkThrough(int port, params string[] options) =>
        Start(new UriBuilder(Store) { Port = port }.Uri.ToString(), new Dictionary<string, string>(StringComparer.Ordinal), options);

    /// <summary>Starts a silo with an environment.</summary>
    public ProcessRun Work(IReadOnlyDictionary<string, string> environment, params string[] options) => Start(Store, environment, options);

    private ProcessRun Start(string store, IReadOnlyDictionary<string, string> environment, string[] options)
    {
        var worker = new ProcessRun(Cli.Folder, environment, ["work", "--config", Cli.At("orchestration.yaml"), "--store", store, "--lease", "3", "--slots", "3", .. options]);
        _workers.Add(worker);
        return worker;
    }

    /// <summary>Waits for the sweep and checks what every fault must leave as it was; returns the sweep's line.</summary>
    /// <param name="mostRepaid">Judgments that may have been bought twice.</param>
    /// <param name="capUsd">The cap that the sweep was registered with.</param>
    /// <param name="expectedStatus">0, or 3 where it stops at its cap: then its results are not looked at.</param>
    public async Task<JsonElement> CheckAsync(long mostRepaid, decimal capUsd = CapUsd, int expectedStatus = 0)
    {
        var (status, line) = await Cli.RunJsonAsync(["sweep", "wait", "s1", "--store", Store, "--out", Cli.At("out"), "--json"]);
        var said = "";
        foreach (var worker in _workers.Where(static worker => worker.Exited.IsCompleted)) said += await worker.Error;
        status.ShouldBe(expectedStatus, Cli.Out + Cli.Error + said);
        if (expectedStatus == 0) File.ReadAllBytes(Cli.At("out/results.jsonl")).ShouldBe(_expected, "the results are those of one undisturbed process");

        var books = Endpoint.Statistics();
        var summary = JsonDocument.Parse(await File.ReadAllTextAsync(Cli.At("out/summary.json"), TestContext.Current.CancellationToken)).RootElement;
        var repaid = summary.GetProperty("repaid").GetInt64();
        if (expectedStatus == 0) (books.Requests - Undisturbed - Undisturbed).ShouldBeLessThanOrEqualTo(repaid, "each call made again is counted");
        repaid.ShouldBeLessThanOrEqualTo(mostRepaid);

        // settled ≤ the endpoint's own total ≤ settled + unknown ≤ cap
        var own = books.CostUsd - UndisturbedCostUsd;
        var (settled, unknown) = (summary.GetProperty("cost_usd").GetDecimal(), summary.GetProperty("unknown_cost_usd").GetDecimal());
        settled.ShouldBeLessThanOrEqualTo(own);
        own.ShouldBeLessThanOrEqualTo(settled + unknown);
        (settled + unknown).ShouldBeLessThanOrEqualTo(capUsd);

        // A process that is stopped or killed between a permit and its send may add that one send.
        var arrivals = Endpoint.Arrivals();
        arrivals.MostRequestsIn(TimeSpan.FromSeconds(60)).ShouldBeLessThanOrEqualTo(RequestsPerMinute);
        arrivals.MostRequestsIn(TimeSpan.FromSeconds(1)).ShouldBeLessThanOrEqualTo((RequestsPerMinute / 60 * 3 / 2) + _workers.Count);
        return line;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var worker in _workers) worker.Dispose();
        await Endpoint.DisposeAsync();
        Cli.Dispose();
    }

    private decimal UndisturbedCostUsd { get; set; }

    private async Task RunUndisturbedAsync()
    {
        (await Cli.RunAsync(Sweep(Cli.At("plain.db"), "plain", 8, CapUsd))).ShouldBe(0, Cli.Error);
        _expected = await File.ReadAllBytesAsync(Cli.At("plain/results.jsonl"));
        (Undisturbed, UndisturbedCostUsd) = (Endpoint.Statistics().Requests, Endpoint.Statistics().CostUsd);
    }

    private string[] Sweep(string store, string folder, int rowsPerShard, decimal capUsd) =>
    [
        "sweep", "run", "--pairs", Path.Combine(PublicData.RepositoryRoot, "samples", "pairs.jsonl"), "--judges", "relevance", "clarity@local", "helpfulness@local",
        "--config", Cli.At("orchestration.yaml"), "--store", store, "--out", Cli.At(folder), "--max-cost", capUsd.ToString(CultureInfo.InvariantCulture),
        "--rows-per-shard", rowsPerShard.ToString(CultureInfo.InvariantCulture),
    ];
}
