using Orchestration.Core.Pairs.Reading;
using Orchestration.Core.Sweeps;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Pairs;

/// <summary>What happens around the rows: cancelling, sinks that fail, progress, temporary files.</summary>
public sealed class PipelineTests : IDisposable
{
    private readonly IngestFolder _folder = new();

    [Fact]
    public async Task Cancelling_stops_reading_and_leaves_no_temporary_file()
    {
        var options = Many(20_000, recorded: true);
        using var stop = new CancellationTokenSource();
        var sink = new Sink(onAppend: stop.Cancel);

        await Should.ThrowAsync<OperationCanceledException>(() => DataIngest.RunAsync(options, sink, null, stop.Token));

        if (Directory.Exists(_folder.Temp)) Directory.GetFiles(_folder.Temp).ShouldBeEmpty();
        File.Delete(options.Inputs[0]); // Nobody holds it open.
    }

    [Fact]
    public async Task What_a_sink_throws_comes_out_and_nothing_hangs()
    {
        var sink = new Sink(onAppend: () => throw new InvalidOperationException("the disk is full"));

        var error = await Should.ThrowAsync<InvalidOperationException>(() => DataIngest.RunAsync(Many(20_000, recorded: true), sink, null, TestContext.Current.CancellationToken));

        error.Message.ShouldBe("the disk is full");
    }

    [Fact]
    public async Task A_file_that_fails_in_the_middle_gives_its_error_after_the_rows_before_it()
    {
        var good = _folder.Write("good.jsonl", """{"id":"a","prompt":"p","answer":"a"}""");
        var array = _folder.Write("array.json", "[]");

        var error = await Should.ThrowAsync<OrchestrationException>(() => _folder.Run(_folder.Options(DataKind.Pairs, good, array)));

        error.Message.ShouldContain("array.json");
    }

    [Fact]
    public async Task Progress_counts_rows_and_bytes_up_to_all_of_them()
    {
        var options = Many(20_000, recorded: true);
        var seen = new List<IngestProgress>();

        await DataIngest.RunAsync(options, new Sink(), new Synchronous(seen), TestContext.Current.CancellationToken);

        seen.Count.ShouldBeGreaterThan(3);
        seen.Select(p => p.Rows).ShouldBeInOrder();
        seen.Select(p => p.Bytes).ShouldBeInOrder();
        var total = options.Inputs.Concat(options.Recorded.Select(r => r.Path)).Sum(p => new FileInfo(p).Length);
        seen[^1].ShouldBe(new IngestProgress(IngestStage.Finishing, 20_000, 0, total, total));
        seen[0].Stage.ShouldBe(IngestStage.Reading);
    }

    [Fact]
    public async Task Reading_twice_gives_the_same_bytes()
    {
        var options = Many(20_000, recorded: true);
        var one = new Sink();
        var two = new Sink();

        await DataIngest.RunAsync(options, one, null, TestContext.Current.CancellationToken);
        await DataIngest.RunAsync(options, two, null, TestContext.Current.CancellationToken);

        one.Shards.Count.ShouldBe(5);
        one.Shards.Select(s => Convert.ToHexString(s.Head)).ShouldBe(two.Shards.Select(s => Convert.ToHexString(s.Head)));
        one.Shards.Select(s => Convert.ToHexString(s.Text)).ShouldBe(two.Shards.Select(s => Convert.ToHexString(s.Text)));
    }

    public void Dispose() => _folder.Dispose();

    private IngestOptions Many(int rows, bool recorded)
    {
        var path = _folder.Write("pairs.jsonl", string.Join('\n', Enumerable.Range(0, rows).Select(i => $$"""{"id":"r{{i}}","prompt":"p{{i % 7}}","answer":"a{{i}}"}""")));
        var results = _folder.Write("results.jsonl", string.Join('\n', Enumerable.Range(0, rows).Select(i => $"{{\"id\":\"r{i}\",\"scores\":{{\"x\":{i % 5}}}}}")));
        return _folder.Options(DataKind.Pairs, path) with { ChunkBytes = 16 << 10, Recorded = recorded ? [new RecordedFile(results)] : [] };
    }

    private sealed class Sink(Action? onAppend = null) : IShardSink
    {
        public List<ShardData> Shards { get; } = [];

        public ValueTask AppendAsync(IReadOnlyList<ShardData> shards, CancellationToken cancellationToken)
        {
            onAppend?.Invoke();
            Shards.AddRange(shards);
            return ValueTask.CompletedTask;
        }

        public ValueTask ReplaceAsync(ShardData shard, CancellationToken cancellationToken) => throw new InvalidOperationException("Nothing is to be replaced here.");

        public ValueTask<ShardData> ReadBackAsync(int index, CancellationToken cancellationToken) => throw new InvalidOperationException("Nothing is to be read back here.");
    }

    private sealed class Synchronous(List<IngestProgress> seen) : IProgress<IngestProgress>
    {
        public void Report(IngestProgress value) => seen.Add(value);
    }
}
