using Orchestration.Core.Pairs.Reading;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Pairs;

/// <summary>Limits, samples, and how rows are cut into shards.</summary>
public sealed class SelectionTests : IDisposable
{
    private readonly IngestFolder _folder = new();

    [Fact]
    public async Task A_limit_takes_the_first_good_rows_and_no_bad_row_after_them()
    {
        var path = _folder.Write("pairs.jsonl", string.Join('\n', Row(0), "bad", Row(1), Row(2), "bad too", Row(3)));

        var report = await _folder.Run(_folder.Options(DataKind.Pairs, path) with { Limit = 3 });

        _folder.StoredPairs().Select(p => p.Id).ShouldBe(["r0", "r1", "r2"]);
        report.Rejected.ShouldBe(1);
        _folder.Rejects().ShouldHaveSingleItem().Line.ShouldBe(2);
        report.Inputs[0].Bytes.ShouldBe(new FileInfo(path).Length, "files are hashed whole");
    }

    [Fact]
    public async Task A_limit_reads_no_more_of_a_recorded_file_than_it_needs()
    {
        var path = _folder.Write("pairs.jsonl", string.Join('\n', Enumerable.Range(0, 500).Select(Row)));
        var results = _folder.Write("results.jsonl", string.Join('\n', Enumerable.Range(0, 500).Select(i => $"{{\"id\":\"r{i}\",\"scores\":{{\"x\":{i}}}}}")));
        var options = _folder.Options(DataKind.Pairs, path) with { Limit = 4, ChunkBytes = 512, Recorded = [new RecordedFile(results)] };

        var report = await _folder.Run(options);

        _folder.Recorded("x").ShouldBe([0.0, 1.0, 2.0, 3.0]);
        report.RecordedFiles[0].Rows.ShouldBeLessThan(500);
        report.RecordedInputs[0].Bytes.ShouldBe(new FileInfo(results).Length);
    }

    [Fact]
    public async Task A_limit_still_finds_judgments_at_the_far_end_of_a_recorded_file()
    {
        var path = _folder.Write("pairs.jsonl", string.Join('\n', Enumerable.Range(0, 500).Select(Row)));
        var results = _folder.Write("results.jsonl", string.Join('\n', Enumerable.Range(0, 500).Reverse().Select(i => $"{{\"id\":\"r{i}\",\"scores\":{{\"x\":{i}}}}}")));
        var options = _folder.Options(DataKind.Pairs, path) with { Limit = 4, ChunkBytes = 512, Recorded = [new RecordedFile(results)] };

        await _folder.Run(options);

        _folder.Recorded("x").ShouldBe([0.0, 1.0, 2.0, 3.0]);
    }

    [Fact]
    public async Task A_sample_is_the_same_whatever_the_order_of_the_rows_and_keeps_theirs()
    {
        var rows = Enumerable.Range(0, 400).Select(Row).ToArray();
        var sample = await Sample(20, 1, rows);
        var shuffled = rows.ToArray();
        new Random(2).Shuffle(shuffled);
        var fromShuffled = await Sample(20, 1, shuffled);

        sample.Length.ShouldBe(20);
        sample.Select(Number).ShouldBeInOrder();
        fromShuffled.Order().ShouldBe(sample.Order());
        fromShuffled.ShouldBe(shuffled.Select(r => r.Split('"')[3]).Where(id => sample.Contains(id)), "the order of the input");
        (await Sample(20, 2, rows)).ShouldNotBe(sample);
        (await Sample(21, 1, rows)).Except(sample).Count().ShouldBe(1, "a larger sample holds the smaller one");
        (await Sample(20, 1, [.. rows, .. rows])).ShouldBe(sample, "an id counts once");
        (await Sample(1000, 1, rows)).Length.ShouldBe(400);
    }

    [Fact]
    public async Task A_sample_stays_the_same_from_build_to_build()
    {
        (await Sample(5, 42, [.. Enumerable.Range(0, 1000).Select(Row)])).ShouldBe(["r177", "r312", "r694", "r746", "r843"]);
    }

    [Fact]
    public async Task A_sample_is_even()
    {
        // 4,000 of 20,000: each tenth of the rows gives 400 on average, with a standard deviation of 18.
        var sample = await Sample(4000, 3, [.. Enumerable.Range(0, 20_000).Select(Row)]);

        foreach (var tenth in sample.GroupBy(id => Number(id) / 2000)) tenth.Count().ShouldBeInRange(330, 470);
    }

    [Fact]
    public async Task A_sample_of_standard_input_reads_a_copy_of_it()
    {
        var rows = Enumerable.Range(0, 400).Select(Row).ToArray();
        var expected = await Sample(20, 1, rows);
        using var input = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(string.Join('\n', rows)));

        var report = await _folder.Run(_folder.Options(DataKind.Pairs, "-") with { StandardInput = input, Sample = 20, Seed = 1 });

        _folder.StoredPairs().Select(p => p.Id).ShouldBe(expected);
        report.Inputs[0].Bytes.ShouldBe(input.Length);
        Directory.GetFiles(_folder.Temp).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_sample_takes_recorded_judgments_from_a_file_in_order()
    {
        var path = _folder.Write("pairs.jsonl", string.Join('\n', Enumerable.Range(0, 400).Select(Row)));
        var results = _folder.Write("results.jsonl", string.Join('\n', Enumerable.Range(0, 400).Select(i => $"{{\"id\":\"r{i}\",\"scores\":{{\"x\":{i}}}}}")));

        var report = await _folder.Run(_folder.Options(DataKind.Pairs, path) with { Sample = 9, ChunkBytes = 512, Recorded = [new RecordedFile(results)] });

        report.RecordedFiles[0].Indexed.ShouldBeFalse();
        _folder.Recorded("x").ShouldBe(_folder.StoredPairs().Select(p => (object)(double)Number(p.Id)));
    }

    [Theory]
    [InlineData(16)]
    [InlineData(100)]
    [InlineData(1000)]
    [InlineData(1 << 20)]
    public async Task Where_files_are_cut_into_chunks_does_not_show_in_the_shards(int chunkBytes)
    {
        var rows = Enumerable.Range(0, 300).Select(Row).ToArray();
        var path = _folder.Write("pairs.jsonl", string.Join("\r\n", rows));
        var whole = _folder.Write("gz.jsonl.gz", IngestFolder.Gzip(string.Join('\n', Enumerable.Range(300, 300).Select(Row)) + "\n"));

        var report = await _folder.Run(_folder.Options(DataKind.Pairs, path, whole) with { ChunkBytes = chunkBytes, RowsPerShard = 64 });

        report.Shards.ShouldBe(10);
        _folder.Shards.Select(s => s.Rows).ShouldBe([.. Enumerable.Repeat(64, 9), 24]);
        _folder.StoredPairs().Select(p => p.Id).ShouldBe(Enumerable.Range(0, 600).Select(i => $"r{i}"));
    }

    [Fact]
    public async Task A_shard_ends_when_its_texts_reach_four_megabytes()
    {
        var answer = new string('x', 1_500_000);

        await _folder.Pairs(string.Join('\n', Enumerable.Range(0, 7).Select(i => $$"""{"id":"r{{i}}","prompt":"p","answer":"{{answer}}"}""")));

        _folder.Shards.Select(s => s.Rows).ShouldBe([3, 3, 1]);
        _folder.StoredPairs().ShouldAllBe(p => p.Answer.Length == answer.Length);
    }

    public void Dispose() => _folder.Dispose();

    private static string Row(int i) => $$"""{"id":"r{{i}}","prompt":"p","answer":"a"}""";

    private static int Number(string id) => int.Parse(id.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture);

    private async Task<string[]> Sample(long count, long seed, IReadOnlyList<string> rows)
    {
        var path = _folder.Write("pairs.jsonl", string.Join('\n', rows));
        await _folder.Run(_folder.Options(DataKind.Pairs, path) with { Sample = count, Seed = seed });
        return [.. _folder.StoredPairs().Select(p => p.Id)];
    }
}
