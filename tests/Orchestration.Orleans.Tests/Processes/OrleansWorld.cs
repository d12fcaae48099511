using System.Globalization;
using System.Text.Json;
using Orchestration.Cli;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Orleans.Clients;
using Orchestration.Orleans.Hosting;
using Orchestration.Simulation;
using Orchestration.Testing;
using Orchestration.Testing.Postgres;
using Shouldly;
using Xunit;

namespace Orchestration.Orleans.Tests.Processes;

/// <summary>
/// A cluster of real silo processes over a real PostgreSQL server and an endpoint that keeps the true books, with what one embedded process makes of the same data.
/// </summary>
internal sealed class OrleansWorld : IAsyncDisposable
{
    public const int Concurrency = 6;
    public const int RequestsPerMinute = 3000;

    /// <summary>What a silo can have claimed at once, and so what one kill can cost at most: its calls, and as many before and after theirs; of two judges.</summary>
    public const int MostClaims = 2 * 2 * Concurrency;

    private static readonly string[] Judges = ["relevance", "clarity@local", "helpfulness@local"];

    private static readonly (string Option, string Value)[] Usual = [("--slots", "3"), ("--failure-detection", "6"), ("--lease", "3")];

    private static readonly Lazy<Task<(byte[] Results, long Requests)>> Plain = new(RunPlainAsync);

    private static int _count;
    private readonly List<SiloProcess> _silos = [];
    private readonly string _folder = Directory.CreateTempSubdirectory("orchestrate-orleans-").FullName;
    private byte[] _expected = [];

    private OrleansWorld(string store, ScriptedEndpoint endpoint, int number)
    {
        Store = store;
        Endpoint = endpoint;
        Options = new OrleansOptions { Store = store, ClusterId = string.Create(CultureInfo.InvariantCulture, $"world{number}") };
    }

    public ScriptedEndpoint Endpoint { get; }

    public string Store { get; }

    public OrleansOptions Options { get; set; }

    /// <summary>What silos run; null for the usual.</summary>
    public SiloProgram? Program { get; set; }

    public IReadOnlyList<SiloProcess> Silos => _silos;

    /// <summary>Requests of the undisturbed run.</summary>
    public long Undisturbed { get; private set; }

    public static async Task<OrleansWorld> CreateAsync(TimeSpan? latency = null, bool isCompared = true)
    {
        var server = await PostgresServer.SharedAsync();
        var number = Interlocked.Increment(ref _count);
        var endpoint = await ScriptedEndpoint.StartAsync(
            new ScriptedEndpointOptions
            {
                Latency = latency ?? TimeSpan.FromMilliseconds(30),
                TrackContents = true,
                Prices = new TokenPrices(0.40m, 0.10m, 1.60m, 1.60m),
                ArrivalsKept = 20_000,
            },
            cancellationToken: TestContext.Current.CancellationToken);
        var world = new OrleansWorld(server.Address(string.Create(CultureInfo.InvariantCulture, $"orleans_{Environment.ProcessId}_{number}")), endpoint, number);
        await world.ConfigureAsync();
        if (isCompared) (world._expected, world.Undisturbed) = await Plain.Value;
        return world;
    }

    public string At(string name) => Path.Combine(_folder, name);

    /// <summary>Starts a silo and waits until it is a member.</summary>
    public async Task<SiloProcess> StartSiloAsync(params string[] options)
    {
        var silo = StartSilo(null, options);
        await silo.Joined;
        return silo;
    }

    /// <summary>Starts a silo.</summary>
    /// <param name="instead">A silo that was killed, whose ports it takes: as a machine or a container that restarts; null for ports of its own.</param>
    /// <param name="options">Further options.</param>
    public SiloProcess StartSilo(SiloProcess? instead, params string[] options)
    {
        var (port, gateway) = instead?.Ports ?? SiloProcess.FreePorts();
        var silo = new SiloProcess(
            _folder, (port, gateway),
            [
                "--config", At("orchestration.yaml"), "--store", Store, "--cluster", Options.ClusterId, "--silo-port", Text(port), "--gateway-port", Text(gateway),
                .. Usual.Where(usual => !options.Contains(usual.Option)).SelectMany(static usual => new[] { usual.Option, usual.Value }), .. options,
            ],
            Program);
        _silos.Add(silo);
        return silo;
    }

    /// <summary>A process outside the cluster that knows one silo and asks there.</summary>
    public Task<OrleansClient> ConnectAsync(SiloProcess silo) =>
        OrleansClient.ConnectAsync(Options with { Clustering = OrleansClustering.Localhost, GatewayPort = silo.Ports.Gateway }, TestContext.Current.CancellationToken);

    /// <summary>A process outside the cluster.</summary>
    public Task<OrleansClient> ConnectAsync() => OrleansClient.ConnectAsync(Options, TestContext.Current.CancellationToken);

    /// <summary>Registers the sweep for silos to work, and returns what the command says.</summary>
    public Task<string> RegisterAsync() => RunAsync([.. Sweep(Store, "out"), "--detach"]);

    /// <summary>Waits for the sweep's end, and checks what every fault must leave as it was.</summary>
    /// <param name="mostRepaid">Judgments that may have been bought twice.</param>
    public async Task CheckAsync(long mostRepaid)
    {
        await RunAsync(["sweep", "wait", "s1", "--store", Store, "--out", At("out")]);
        (await File.ReadAllBytesAsync(At("out/results.jsonl"))).ShouldBe(_expected, "the results are those of one embedded process");
        var repaid = JsonDocument.Parse(await File.ReadAllTextAsync(At("out/summary.json"))).RootElement.GetProperty("repaid").GetInt64();
        (Endpoint.Statistics().Requests - Undisturbed).ShouldBeLessThanOrEqualTo(repaid, "each call made again is counted");
        repaid.ShouldBeLessThanOrEqualTo(mostRepaid);

        // A process that is stopped or killed between a permit and its send may add that one send.
        var arrivals = Endpoint.Arrivals();
        arrivals.MostRequestsIn(TimeSpan.FromSeconds(60)).ShouldBeLessThanOrEqualTo(RequestsPerMinute);
        arrivals.MostRequestsIn(TimeSpan.FromSeconds(1)).ShouldBeLessThanOrEqualTo((RequestsPerMinute / 60 * 3 / 2) + _silos.Count);
    }

    /// <summary>Runs a command of <c>orchestrate-orleans</c> in this process.</summary>
    public async Task<string> RunAsync(string[] arguments)
    {
        using StringWriter output = new(), error = new();
        var status = await CommandLine.RunAsync(
            arguments, new CliContext { Out = TextWriter.Synchronized(output), Error = TextWriter.Synchronized(error), StandardInput = Stream.Null }, "orchestrate-orleans");
        status.ShouldBe(0, error + output.ToString() + string.Concat(_silos.Select(static silo => silo.Said)));
        return output.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var silo in _silos) silo.Dispose();
        await Endpoint.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private Task ConfigureAsync() => File.WriteAllTextAsync(At("orchestration.yaml"), $$"""
        deployments:
          local:
            endpoint: {{Endpoint.ChatEndpoint}}
            model: scripted-judge
            prices: {input: 0.40, cached: 0.10, output: 1.60, reasoning: 1.60}
            limits: {concurrency: {{Concurrency}}, requests-per-minute: {{RequestsPerMinute}}}
        """);

    /// <summary>What one embedded process makes of the data, undisturbed, and with how many requests.</summary>
    private static async Task<(byte[] Results, long Requests)> RunPlainAsync()
    {
        var endpoint = await ScriptedEndpoint.StartAsync(new ScriptedEndpointOptions());
        await using var world = new OrleansWorld("", endpoint, 0);
        await world.ConfigureAsync();
        await world.RunAsync(world.Sweep(world.At("plain.db"), "plain"));
        return (await File.ReadAllBytesAsync(world.At("plain/results.jsonl")), endpoint.Statistics().Requests);
    }

    private string[] Sweep(string store, string folder) =>
    [
        "sweep", "run", "--pairs", Path.Combine(PublicData.RepositoryRoot, "samples", "pairs.jsonl"), "--judges", .. Judges,
        "--config", At("orchestration.yaml"), "--store", store, "--out", At(folder), "--max-cost", "8", "--rows-per-shard", "8",
    ];
}
