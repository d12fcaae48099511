using System.Globalization;
using System.Text;
using Orchestration.Core.Aggregation.Serving;
using Orchestration.Core.Aggregation;
using Orchestration.Core.Aggregation.Versions;
using Orchestration.Core.Judging;
using Orchestration.Core.Pairs;
using Orchestration.Core.Pairs.Blocks;
using Orchestration.Core.Pairs.Reading;
using Orchestration.Core.Sweeps;
using Orchestration.Learning.Models;
using Orchestration.Simulation.InMemory;

namespace Orchestration.Simulation.Host;

/// <summary>
/// What all worlds of a host share: a pool of shards to make sweeps of, the judges' descriptors, three versions of an aggregator, and the definitions of sweeps. Made
/// once, by the product's own registration.
/// </summary>
internal sealed class SimulationData
{
    public const string Aggregator = "helpful";
    public const int Versions = 3;
    private const int Rows = 48;
    private const int RowsPerShard = 3;
    private const string Mark = "Question #";

    private readonly Dictionary<string, JudgeDescriptor> _judges;
    private readonly Pair[] _pairs;

    private SimulationData(IReadOnlyList<JudgeDescriptor> judges, IReadOnlyList<ShardData> pool, IReadOnlyList<LoadedVersion> versions, IReadOnlyList<SweepDefinition> definitions)
    {
        _judges = judges.ToDictionary(static j => j.Id, StringComparer.Ordinal);
        Pool = pool;
        Loaded = versions;
        Definitions = [.. definitions.Select(static d => d.ToJson())];
        Stored = [.. versions.Select(static v => new StoredAggregator(Aggregator, v.Id, "mean-fit", v.Version.Manifest.ToJson(), v.Version.Weights))];
        _pairs = [.. pool.SelectMany(static shard =>
        {
            var data = DataBlock.Decode(new StoredShard(shard.Index, 0, shard.Rows, false, shard.Head, shard.Text, null));
            return Enumerable.Range(0, shard.Rows).Select(data.GetPair);
        })];
    }

    /// <summary>Shards of three rows each.</summary>
    public IReadOnlyList<ShardData> Pool { get; }

    /// <summary>The versions, ready to score.</summary>
    public IReadOnlyList<LoadedVersion> Loaded { get; }

    /// <summary>The versions, as stored.</summary>
    public IReadOnlyList<StoredAggregator> Stored { get; }

    /// <summary>Definitions of sweeps, as JSON: by the mean, by each version in its order, and following what is active.</summary>
    public IReadOnlyList<string> Definitions { get; }

    /// <summary>The definition that follows what is active.</summary>
    public static int Following => Versions + 1;

    /// <summary>The address of what a call asks for; null where it does not say, or its judge has several.</summary>
    public JudgmentAddress? AddressOf(string judge, string text)
    {
        var at = text.IndexOf(Mark, StringComparison.Ordinal);
        if (at < 0 || !_judges.TryGetValue(judge, out var descriptor) || !descriptor.HasSingleAddress) return null;
        var number = text.AsSpan(at + Mark.Length);
        var row = int.Parse(number[..number.IndexOf(':')], CultureInfo.InvariantCulture);
        return JudgmentAddress.Of(descriptor, PairHash.Of(_pairs[row]), _pairs[row].Reference);
    }

    /// <summary>Makes it for judges.</summary>
    public static SimulationData Make(IReadOnlyList<JudgeDescriptor> judges)
    {
        using var input = new MemoryStream(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, Rows).Select(static row => string.Create(
            CultureInfo.InvariantCulture,
            $$"""
            {"id":"r{{row}}","prompt":"Question #{{row}}: what is {{row}} and {{row * 7}}?","answer":"It is {{row * 8}}."}

            """)))));
        var plan = new SweepPlan
        {
            Data = new IngestOptions { Kind = DataKind.Pairs, Inputs = ["-"], StandardInput = input, RowsPerShard = RowsPerShard },
            Judges = [.. judges.Select(static j => new PlannedJudge(j, new FixedJudge(j.Id, j.Id, j.Kind, j.Version.ToString())))],
            OutputFolder = "simulated",
            MinCoverage = 0.5,
        };

        // Reading is the product's own, on the pool's threads; nothing of it is part of a world.
        var owner = new InMemoryData(TimeProvider.System).Open();
        var (record, _) = Task.Run(() => new SweepRegistration(owner.Sweeps, owner.Owner).RegisterAsync(plan, null, CancellationToken.None)).GetAwaiter().GetResult();
        var pool = Enumerable.Range(0, record.Shards).Select(shard =>
        {
            var stored = owner.Sweeps.ReadShardAsync(record.Id, shard, ShardParts.Head | ShardParts.Text, CancellationToken.None).AsTask().GetAwaiter().GetResult()!;
            return new ShardData(shard, stored.Rows, stored.Head!, stored.Text!);
        });
        var loaded = Enumerable.Range(0, Versions).Select(n => LoadedVersion.Load(Version(judges, n))).ToArray();
        var definition = SweepDefinition.FromJson(record.Definition);
        return new SimulationData(
            judges,
            [.. pool],
            loaded,
            [
                definition,
                .. loaded.Select(v => definition with { Aggregator = v.Id, Learned = v.Fixed }),
                definition with { Aggregator = $"{Aggregator}@active", Learned = new FixedAggregator(Aggregator, null, [], 0, 1) },
            ]);
    }

    private static AggregatorVersion Version(IReadOnlyList<JudgeDescriptor> judges, int number)
    {
        var columns = judges.SelectMany(static j => j.Dimensions).Where(static d => d.Scale is not null).ToArray();
        return AggregatorVersion.Create(
            new AggregatorManifest
            {
                Name = Aggregator,
                Basis = new AggregatorBasis
                {
                    LearnedFrom = LearnedFrom.Scores,
                    Judges = [.. columns.Select(static c => new AggregatorJudge(c.Name, c.Scale!, false, 0.5))],
                    Target = new AggregatorTarget("target", 0, 1),
                    Training = new AggregatorTraining(new string('e', 64), 3, 2, [1, 2, 3], [7, 8], "group"),
                    Recipe = "mean-fit",
                    Model = "mean-fit",
                    Seed = (ulong)number,
                    Folds = 5,
                    Repeats = 5,
                },
            },
            new Dictionary<string, ModelState>(StringComparer.Ordinal)
            {
                [AggregatorVersion.ModelPart] = new ModelState(
                    "mean",
                    1,
                    [new("offset", number.ToString(CultureInfo.InvariantCulture)), new("slope", "1")],
                    [new ModelTensor("reference", [columns.Length], [.. Enumerable.Repeat(0.5, columns.Length)])]),
            });
    }
}
