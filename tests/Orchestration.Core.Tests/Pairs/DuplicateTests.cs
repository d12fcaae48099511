using Orchestration.Core.Pairs.Reading;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Pairs;

public sealed class DuplicateTests : IDisposable
{
    private readonly IngestFolder _folder = new();

    [Fact]
    public async Task The_first_row_of_an_id_is_kept_over_all_files_and_the_others_name_its_line()
    {
        var one = _folder.Write("one.jsonl", string.Join('\n', Row("a", 1), Row("b", 2), "", Row("a", 3)));
        var two = _folder.Write("two.csv", "id,prompt,answer\nc,p,4\nb,p,5\nc,p,6\nd,p,7\n");

        var report = await _folder.Run(_folder.Options(DataKind.Pairs, one, two));

        _folder.StoredPairs().Select(p => (p.Id, p.Answer)).ShouldBe([("a", "1"), ("b", "2"), ("c", "4"), ("d", "7")]);
        (report.Rows, report.Rejected, report.AnswerBytes, report.PromptBytes).ShouldBe((4, 3, 4, 4));
        report.RejectedByReason.ShouldBe(new Dictionary<string, long> { ["duplicate_id"] = 3 });
        _folder.Rejects().Select(r => (r.File, r.Line, r.Reason)).ShouldBe([(one, 4, "duplicate_id"), (two, 3, "duplicate_id"), (two, 4, "duplicate_id")]);
        var rejects = _folder.Rejects();
        rejects[0].Message.ShouldContain("'a' stands in line 1 already");
        rejects[1].Message.ShouldContain($"line 2 of {one}");
        rejects[2].Message.ShouldContain("line 2 already");
        rejects[1].Row.ShouldBe("""{"id":"b","prompt":"p","answer":"5"}""");
    }

    [Fact]
    public async Task Shards_are_repaired_with_their_recorded_judgments_and_may_become_empty()
    {
        var one = _folder.Write("one.jsonl", string.Join('\n', Enumerable.Range(0, 25).Select(i => Row($"r{i}", i, i % 2 == 0 ? "g" : null))));
        var again = _folder.Write("again.jsonl", string.Join('\n', Enumerable.Range(0, 25).Select(i => Row($"r{i}", i)).Append(Row("new", 99))));
        var results = _folder.Write("results.jsonl", string.Join('\n', Enumerable.Range(0, 25).Select(i => Result($"r{i}", i)).Append(Result("new", 99))));
        var options = _folder.Options(DataKind.Pairs, one, again) with { RowsPerShard = 10, Recorded = [new RecordedFile(results)], Keep = ["k"] };

        var report = await _folder.Run(options);

        report.Rows.ShouldBe(26);
        report.Rejected.ShouldBe(25);
        report.Shards.ShouldBe(6);
        _folder.Shards.Select(s => s.Rows).ShouldBe([10, 10, 5, 0, 0, 1]);
        _folder.StoredPairs().Select(p => p.Answer).ShouldBe(Enumerable.Range(0, 25).Append(99).Select(i => $"{i}"));
        _folder.StoredPairs()[0].Group.ShouldBe("g");
        _folder.StoredPairs()[1].Group.ShouldBe(Orchestration.Core.Pairs.PairHash.Group("p"));
        _folder.Recorded("x").ShouldBe(Enumerable.Range(0, 25).Append(99).Select(i => (object)(double)i));
        report.RecordedFiles[0].Unused.ShouldBe(0);
        _folder.Blocks().Last().Kept(0).ToArray().ShouldBe("\"k\":99"u8.ToArray());
    }

    [Fact]
    public async Task A_row_taken_out_twice_from_an_index_is_counted_once()
    {
        var one = _folder.Write("one.jsonl", string.Join('\n', Enumerable.Range(0, 20).Select(i => Row($"r{i}", i)).Append(Row("r3", 3))));
        var results = _folder.Write("results.jsonl", string.Join('\n', Enumerable.Range(0, 22).Reverse().Select(i => Result($"r{i}", i))));

        var report = await _folder.Run(_folder.Options(DataKind.Pairs, one) with { ChunkBytes = 256, Recorded = [new RecordedFile(results)] });

        report.RecordedFiles[0].ShouldBe(new RecordedFileReport(results, 22, 0, 2, true));
    }

    [Fact]
    public async Task Ids_that_differ_only_a_little_are_not_duplicates()
    {
        // Rows enough that the sorter spills, ids as alike as people make them.
        var ids = Enumerable.Range(0, 150_000).Select(i => i % 2 == 0 ? $"q-{i:D8}" : $"q-{i:D8}\\u0000").ToArray();

        var report = await _folder.Pairs(string.Join('\n', ids.Select((id, i) => $$"""{"id":"{{id}}","prompt":"p","answer":""}""")));

        report.Rows.ShouldBe(ids.Length);
    }

    [Fact]
    public async Task Rejected_rows_do_not_hold_an_id()
    {
        var report = await _folder.Pairs("""{"id":"a","prompt":""}""" + "\n" + Row("a", 1));

        (report.Rows, report.Rejected).ShouldBe((1, 1));
        _folder.Rejects().ShouldHaveSingleItem().Reason.ShouldNotBe("duplicate_id");
    }

    public void Dispose() => _folder.Dispose();

    private static string Row(string id, int answer, string? group = null) =>
        $$"""{"id":"{{id}}","prompt":"p","answer":"{{answer}}","k":{{answer}}{{(group is null ? "" : $",\"group\":\"{group}\"")}}}""";

    private static string Result(string id, int score) => $"{{\"id\":\"{id}\",\"scores\":{{\"x\":{score}}}}}";
}
