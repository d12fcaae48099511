using Orchestration.Core.Aggregation;
using Orchestration.Core.Aggregation.Serving;
using Orchestration.Core.Pairs.Blocks;
using Orchestration.Core.Pairs.Reading;

namespace Orchestration.Core.Sweeps;

/// <summary>Writes a sweep's files from its blocks.</summary>
public sealed class SweepResults
{
    private readonly ISweepStore _sweeps;

    /// <summary>Creates it over a store.</summary>
    public SweepResults(ISweepStore sweeps) => _sweeps = sweeps;

    /// <summary>The name of the file of rows for this kind of data.</summary>
    public static string RowsFileName(DataKind kind) => kind == DataKind.Pairs ? "results.jsonl" : "verdicts.jsonl";

    /// <summary>
    /// Writes the rows of all finished shards in input order and adds them up. The file appears whole or not at all: it is written beside and moved.
    /// </summary>
    /// <param name="sweep">The sweep.</param>
    /// <param name="folder">Where to; created if needed.</param>
    /// <param name="cancellationToken">Stops; nothing is left behind.</param>
    public Task<JudgeTable> WriteRowsAsync(SweepRecord sweep, string folder, CancellationToken cancellationToken) =>
        WriteRowsAsync(sweep, SweepDefinition.FromJson(sweep.Definition), folder, null, cancellationToken);

    /// <summary>
    /// The same under another aggregator version: the judgments as they are stored, with its scores. No judge is called, and the sweep itself stays as it is.
    /// </summary>
    /// <param name="sweep">The sweep.</param>
    /// <param name="version">The version.</param>
    /// <param name="minCoverage">Least share of the version's judges for a row to get a score; null for the sweep's.</param>
    /// <param name="folder">Where to; created if needed.</param>
    /// <param name="cancellationToken">Stops; nothing is left behind.</param>
    /// <exception cref="OrchestrationException">The version refuses the sweep's judges, or was learned from another kind of rows.</exception>
    public async Task<Reaggregated> WriteRowsUnderAsync(SweepRecord sweep, LoadedVersion version, double? minCoverage, string folder, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(version);
        var definition = SweepDefinition.FromJson(sweep.Definition);
        var columns = SweepColumns.Of(definition);
        var binding = version.Bind(columns);
        if (binding.Refusal is { } refusal) throw new OrchestrationException(ErrorCodes.Configuration, refusal);
        definition = definition with { Aggregator = version.Id, Learned = version.Fixed, MinCoverage = minCoverage ?? definition.MinCoverage };
        var table = await WriteRowsAsync(sweep, definition, folder, Score, cancellationToken);
        return new Reaggregated(table.Rows, table.WithoutScore);

        ResultBlock Score(ResultBlock block)
        {
            var request = new AggregatorRequest { Columns = columns, Scores = SweepScorer.Raw(definition, block.Table), MinCoverage = definition.MinCoverage };
            var reply = version.Score(binding, request);
            return block.With(new SweepScores(reply.Scores, reply.Lower, reply.Upper, [], []));
        }
    }

    private async Task<JudgeTable> WriteRowsAsync(
        SweepRecord sweep, SweepDefinition definition, string folder, Func<ResultBlock, ResultBlock>? change, CancellationToken cancellationToken)
    {
        var table = new JudgeTable(definition);
        var rows = new ResultRows(definition);
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, RowsFileName(definition.Kind));
        var partial = $"{path}.partial-{Environment.ProcessId}";
        try
        {
            await using (var file = new FileStream(partial, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20, FileOptions.Asynchronous))
            {
                await foreach (var rendered in RenderAsync(sweep, rows, change, cancellationToken))
                {
                    table.Add(rendered.Data, rendered.Result);
                    await file.WriteAsync(rendered.Lines.Written, cancellationToken);
                }

                file.Flush(flushToDisk: true);
            }

            File.Move(partial, path, overwrite: true);
        }
        catch
        {
            File.Delete(partial);
            throw;
        }

        return table;
    }

    /// <summary>Writes the rows of all finished shards, in input order, to a stream as they are read; memory does not grow with the sweep.</summary>
    /// <param name="sweep">The sweep.</param>
    /// <param name="target">Where to.</param>
    /// <param name="cancellationToken">Stops between shards.</param>
    public async Task CopyRowsAsync(SweepRecord sweep, Stream target, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(target);
        var rows = new ResultRows(SweepDefinition.FromJson(sweep.Definition));
        await foreach (var rendered in RenderAsync(sweep, rows, null, cancellationToken)) await target.WriteAsync(rendered.Lines.Written, cancellationToken);
    }

    /// <summary>Adds up all finished shards without writing rows.</summary>
    public async Task<JudgeTable> SummarizeAsync(SweepRecord sweep, CancellationToken cancellationToken)
    {
        var table = new JudgeTable(SweepDefinition.FromJson(sweep.Definition));
        for (var shard = 0; shard < sweep.Shards; shard++)
        {
            if (await ReadDoneAsync(sweep, shard, cancellationToken) is { } stored)
                table.Add(DataBlock.Decode(stored), ResultBlock.Decode(stored.Block!));
        }

        return table;
    }

    private sealed record Rendered(DataBlock Data, ResultBlock Result, RowBuffer Lines);

    /// <summary>Renders shards in parallel and yields them in order; never more ahead than there are processors.</summary>
    private async IAsyncEnumerable<Rendered> RenderAsync(
        SweepRecord sweep, ResultRows rows, Func<ResultBlock, ResultBlock>? change, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var ahead = new Queue<Task<Rendered?>>();
        var next = 0;
        while (true)
        {
            while (next < sweep.Shards && ahead.Count <= Environment.ProcessorCount)
            {
                var shard = next++;
                ahead.Enqueue(Task.Run(() => RenderShardAsync(sweep, shard, rows, change, cancellationToken), cancellationToken));
            }

            if (!ahead.TryDequeue(out var first)) yield break;
            if (await first is { } rendered) yield return rendered;
        }
    }

    private async Task<Rendered?> RenderShardAsync(SweepRecord sweep, int shard, ResultRows rows, Func<ResultBlock, ResultBlock>? change, CancellationToken cancellationToken)
    {
        if (await ReadDoneAsync(sweep, shard, cancellationToken) is not { } stored) return null;
        var data = DataBlock.Decode(stored);
        var result = ResultBlock.Decode(stored.Block!);
        if (change is not null) result = change(result);
        return new Rendered(data, result, rows.Render(data, result));
    }

    private async ValueTask<StoredShard?> ReadDoneAsync(SweepRecord sweep, int shard, CancellationToken cancellationToken)
    {
        var stored = await _sweeps.ReadShardAsync(sweep.Id, shard, ShardParts.Head | ShardParts.Block, cancellationToken);
        return stored is { IsDone: true } ? stored : null;
    }
}
