using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Orchestration.Core.Evaluation;
using Orchestration.Core.Pairs;
using Orchestration.Core.Pairs.Blocks;
using Orchestration.Core.Pairs.Reading;
using Orchestration.Core.Sweeps;
using Xunit;

namespace Orchestration.Core.Tests.Pairs;

/// <summary>A folder of input files and a sink in memory: what most tests of reading need.</summary>
public sealed class IngestFolder : IShardSink, IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("orchestrate-ingest-").FullName;

    public List<ShardData> Shards { get; } = [];

    public int Replaced { get; private set; }

    public string RejectsPath => Path.Combine(_root, "out", "rejects.jsonl");

    public string Temp => Path.Combine(_root, "temp");

    public string Write(string name, string content) => Write(name, Encoding.UTF8.GetBytes(content));

    public string Write(string name, byte[] content)
    {
        var path = Path.Combine(_root, name);
        File.WriteAllBytes(path, content);
        return path;
    }

    public static byte[] Gzip(string content)
    {
        using var output = new MemoryStream();
        using (var gzip = new GZipStream(output, CompressionLevel.Fastest)) gzip.Write(Encoding.UTF8.GetBytes(content));
        return output.ToArray();
    }

    public IngestOptions Options(DataKind kind, params string[] inputs) => new()
    {
        Kind = kind,
        Inputs = inputs,
        RejectsPath = RejectsPath,
        TempFolder = Temp,
    };

    /// <summary>Reads pairs of one file with the given content.</summary>
    public Task<IngestReport> Pairs(string content, string name = "pairs.jsonl") => Run(Options(DataKind.Pairs, Write(name, content)));

    public Task<IngestReport> Run(IngestOptions options)
    {
        Shards.Clear();
        return DataIngest.RunAsync(options, this, null, TestContext.Current.CancellationToken);
    }

    public IReadOnlyList<Reject> Rejects() => [.. File.ReadAllLines(RejectsPath).Select(Reject.Parse)];

    public IEnumerable<DataBlock> Blocks() => Shards.Select(DataBlock.Decode);

    public IReadOnlyList<Pair> StoredPairs() => [.. Blocks().SelectMany(b => Enumerable.Range(0, b.Rows).Select(b.GetPair))];

    public IReadOnlyList<Comparison> StoredComparisons() => [.. Blocks().SelectMany(b => Enumerable.Range(0, b.Rows).Select(b.GetComparison))];

    /// <summary>A recorded column over all rows: the score, or the reason.</summary>
    public IReadOnlyList<object> Recorded(string judge, ColumnKind kind = ColumnKind.Score)
    {
        var cells = new List<object>();
        foreach (var block in Blocks())
        {
            var table = new JudgmentTable(block.Rows, 1);
            block.CopyRecorded(judge, kind, table, 0);
            for (var row = 0; row < block.Rows; row++) cells.Add(table.IsScored(row, 0) ? table.Value(row, 0) : table.Reason(row, 0)!);
        }

        return cells;
    }

    public ValueTask AppendAsync(IReadOnlyList<ShardData> shards, CancellationToken cancellationToken)
    {
        foreach (var shard in shards)
        {
            if (shard.Index != Shards.Count) throw new InvalidOperationException($"Shard {shard.Index} came after {Shards.Count - 1}.");
            Shards.Add(shard);
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask ReplaceAsync(ShardData shard, CancellationToken cancellationToken)
    {
        Shards[shard.Index] = shard;
        Replaced++;
        return ValueTask.CompletedTask;
    }

    public ValueTask<ShardData> ReadBackAsync(int index, CancellationToken cancellationToken) => ValueTask.FromResult(Shards[index]);

    public void Dispose() => Directory.Delete(_root, recursive: true);
}

/// <summary>A line of <c>rejects.jsonl</c>.</summary>
public sealed record Reject(string File, long Line, string Reason, string Message, string Row)
{
    public static Reject Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        var row = document.RootElement;
        return new Reject(
            row.GetProperty("file").GetString()!, row.GetProperty("line").GetInt64(), row.GetProperty("reason").GetString()!,
            row.GetProperty("message").GetString()!, row.GetProperty("row").GetString()!);
    }
}
