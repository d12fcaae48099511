using System.Text;
using Orchestration.Core.Evaluation;
using Orchestration.Core.Pairs.Reading;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Pairs;

public sealed class RecordedTests : IDisposable
{
    private const int Rows = 700;

    private readonly IngestFolder _folder = new();

    [Fact]
    public async Task The_order_of_a_recorded_file_does_not_show_in_the_blocks()
    {
        var pairs = PairsFile(Rows);
        var rows = ResultRows(Rows);
        var shuffled = rows.ToArray();
        new Random(5).Shuffle(shuffled);
        var swapped = rows.ToArray();
        for (var i = 0; i + 7 < swapped.Length; i += 11) (swapped[i], swapped[i + 7]) = (swapped[i + 7], swapped[i]);
        var halves = rows.Skip(Rows / 2).Concat(rows.Take(Rows / 2));

        var inOrder = await Blocks(pairs, rows, expectIndex: false);

        (await Blocks(pairs, shuffled, expectIndex: true)).ShouldBe(inOrder);
        (await Blocks(pairs, rows.Reverse(), expectIndex: true)).ShouldBe(inOrder);
        (await Blocks(pairs, halves, expectIndex: true)).ShouldBe(inOrder);
        (await Blocks(pairs, swapped, expectIndex: false)).ShouldBe(inOrder);
    }

    [Fact]
    public async Task A_file_that_changes_its_order_half_way_still_gives_every_row_its_judgments()
    {
        var pairs = PairsFile(Rows);
        var rows = ResultRows(Rows);
        var inOrder = await Blocks(pairs, rows, expectIndex: false);

        // A row that stands at the far end, and then a whole shuffled half.
        var oneFar = rows.Skip(1).Append(rows[0]).ToArray();
        (await Blocks(pairs, oneFar, expectIndex: false)).ShouldBe(inOrder);
        _folder.Replaced.ShouldBe(1, "one shard was written before its row was found");

        var late = rows.Skip(Rows / 2).ToArray();
        new Random(6).Shuffle(late);
        (await Blocks(pairs, rows.Take(Rows / 2).Concat(late), expectIndex: true)).ShouldBe(inOrder);
    }

    [Fact]
    public async Task One_judgment_a_row_gives_the_same_blocks_as_one_row_a_pair_in_json_and_in_csv()
    {
        var pairs = PairsFile(Rows);
        var wide = await Blocks(pairs, ResultRows(Rows), expectIndex: false);

        var json = LongRows(Rows, (id, judge, score, reason) => reason is null
            ? $$"""{"id":"{{id}}","judge":"{{judge}}","score":{{score}}}"""
            : $$"""{"id":"{{id}}","judge":"{{judge}}","score":null,"reason":"{{reason}}"}""").ToArray();
        new Random(8).Shuffle(json);
        (await Blocks(pairs, json, expectIndex: true)).ShouldBe(wide);

        var csv = LongRows(Rows, (id, judge, score, reason) => $"{id},\"{judge}\",{(reason is null ? score : "")},{reason}");
        (await Blocks(pairs, csv.Prepend("id,judge,score,reason"), expectIndex: true, "long.csv")).ShouldBe(wide);
    }

    [Fact]
    public async Task Rows_missing_on_either_side_do_not_disturb_the_merge()
    {
        // Every third row has no judgment, every fifth judgment no row.
        var pairs = _folder.Write("pairs.jsonl", string.Join('\n', Enumerable.Range(0, Rows).Where(i => i % 5 != 0).Select(PairRow)));
        var results = _folder.Write("results.jsonl", string.Join('\n', Enumerable.Range(0, Rows).Where(i => i % 3 != 0).Select(i => $"{{\"id\":\"r{i}\",\"scores\":{{\"x\":{i}}}}}")));

        var report = await _folder.Run(Small(pairs, results));

        _folder.Recorded("x").ShouldBe(Enumerable.Range(0, Rows).Where(i => i % 5 != 0).Select(i => i % 3 == 0 ? (object)"not_recorded" : (double)i));
        var unused = Enumerable.Range(0, Rows).Count(i => i % 5 == 0 && i % 3 != 0);
        report.RecordedFiles[0].ShouldBe(new RecordedFileReport(results, Enumerable.Range(0, Rows).Count(i => i % 3 != 0), 0, unused, false));
    }

    [Fact]
    public async Task Unused_rows_are_counted_alike_however_they_were_found()
    {
        var pairs = PairsFile(100);
        var rows = ResultRows(150).Append("""{"id":"r3","scores":{"x":9}}""").ToArray();
        var inOrder = await _folder.Run(Small(pairs, _folder.Write("results.jsonl", string.Join('\n', rows))));
        var first = _folder.Recorded("x")[3];

        var reversed = await _folder.Run(Small(pairs, _folder.Write("results.jsonl", string.Join('\n', rows.SkipLast(1).Reverse().Append(rows[^1])))));

        inOrder.RecordedFiles[0].Indexed.ShouldBeFalse();
        reversed.RecordedFiles[0].Indexed.ShouldBeTrue();
        inOrder.RecordedFiles[0].Unused.ShouldBe(51);
        _folder.Recorded("x")[3].ShouldBe(first);
        // Both rows of the id were found; the second had nothing to add.
        reversed.RecordedFiles[0].Unused.ShouldBe(50);
    }

    [Fact]
    public async Task One_judge_in_two_files_is_an_error_that_names_both()
    {
        var pairs = PairsFile(3);
        var one = _folder.Write("one.jsonl", """{"id":"r0","scores":{"x":1}}""");
        var two = _folder.Write("two.jsonl", """{"id":"r2","scores":{"y":1,"x":1}}""");

        var error = await Should.ThrowAsync<OrchestrationException>(() =>
            _folder.Run(_folder.Options(DataKind.Pairs, pairs) with { Recorded = [new RecordedFile(one), new RecordedFile(two)] }));

        error.Code.ShouldBe(ErrorCodes.Input);
        error.Message.ShouldContain("'x'");
        error.Message.ShouldContain("one.jsonl");
        error.Message.ShouldContain("two.jsonl");
    }

    [Fact]
    public async Task Columns_of_several_files_are_reported_by_file_and_in_the_order_first_seen()
    {
        var pairs = PairsFile(3);
        var one = _folder.Write("one.jsonl", """{"id":"r0","scores":{"z":1,"b":2}}""");
        var two = _folder.Write("two.jsonl", """{"id":"r2","scores":{"c":1}}""" + "\n" + """{"id":"r1","scores":{"c":2,"a":1}}""");

        var report = await _folder.Run(_folder.Options(DataKind.Pairs, pairs) with { Recorded = [new RecordedFile(one), new RecordedFile(two)] });

        report.RecordedColumns.ShouldBe(
        [
            new RecordedColumn("z", ColumnKind.Score, 0), new RecordedColumn("b", ColumnKind.Score, 0),
            new RecordedColumn("c", ColumnKind.Score, 1), new RecordedColumn("a", ColumnKind.Score, 1),
        ]);
        _folder.Recorded("c").ShouldBe(["not_recorded", 2.0, 1.0]);
        report.RecordedInputs.Select(i => i.Path).ShouldBe([one, two]);
    }

    [Theory]
    [InlineData("""{"id":"r1"}""", "recorded_form", "'scores' (judge: number or null)")]
    [InlineData("""{"scores":{"x":1}}""", "missing_field", "'id'")]
    [InlineData("""{"id":"r1","scores":[1]}""", "wrong_type", "'scores'")]
    [InlineData("""{"id":"r1","scores":{"x":"high"}}""", "wrong_type", "'x' is a text")]
    [InlineData("""{"id":"r1","scores":{"x":1e999}}""", "not_finite", "'x'")]
    [InlineData("""{"id":"r1","scores":{"x":1,"x":2}}""", "duplicate_field", "'x'")]
    [InlineData("""{"id":"r1","scores":{"x":1},"scores":{"y":2}}""", "duplicate_field", "'scores'")]
    [InlineData("""{"id":"r1","scores":{"x":1},"unscored":{"y":3}}""", "wrong_type", "'y'")]
    [InlineData("""{"id":"r1","verdicts":{"x":["A>B","B>A"]}}""", "recorded_form", "compare run")]
    [InlineData("""{"id":"r1","judge":"x"}""", "recorded_form", "neither a number")]
    [InlineData("""{"id":"r1","scores":{"x":1}""", "invalid_json", "not well-formed")]
    public async Task A_bad_recorded_row_is_rejected_whole_and_the_others_count(string row, string reason, string message)
    {
        var pairs = PairsFile(3);
        var path = _folder.Write("results.jsonl", $"{{\"id\":\"r0\",\"scores\":{{\"x\":1.5}}}}\n{row}\n{{\"id\":\"r2\",\"scores\":{{\"x\":2.5}}}}\n");

        var report = await _folder.Run(_folder.Options(DataKind.Pairs, pairs) with { Recorded = [new RecordedFile(path)] });

        report.Rejected.ShouldBe(0, "no row of the data was bad");
        report.RecordedFiles[0].Rejected.ShouldBe(1);
        var reject = _folder.Rejects().ShouldHaveSingleItem();
        (reject.File, reject.Line, reject.Reason).ShouldBe((path, 2, reason));
        reject.Message.ShouldContain(message);
        _folder.Recorded("x").ShouldBe([1.5, "not_recorded", 2.5]);
        _folder.Recorded("y").ShouldAllBe(c => Equals(c, "not_recorded"));
    }

    [Theory]
    [InlineData("", "holds no rows")]
    [InlineData("""{"id":"r1","label":"good"}""", "Line 1: The row holds no judgment")]
    public async Task A_recorded_file_without_a_usable_row_is_an_error(string content, string message)
    {
        var path = _folder.Write("results.jsonl", content);

        var error = await Should.ThrowAsync<OrchestrationException>(() => _folder.Run(_folder.Options(DataKind.Pairs, PairsFile(3)) with { Recorded = [new RecordedFile(path)] }));

        error.Code.ShouldBe(ErrorCodes.Input);
        error.Message.ShouldContain("results.jsonl");
        error.Message.ShouldContain(message);
    }

    [Fact]
    public async Task Reasons_count_whether_they_come_before_or_after_the_scores_and_never_replace_a_score()
    {
        var path = _folder.Write("results.jsonl", """
            {"unscored":{"x":"timeout","y":"refused"},"id":"r0","scores":{"x":null,"y":2}}
            {"id":"r1","scores":{"x":null,"y":null},"unscored":{"y":"off_scale"}}
            {"id":"r2","unscored":{"x":"te\u0078t"}}
            """);

        await _folder.Run(_folder.Options(DataKind.Pairs, PairsFile(3)) with { Recorded = [new RecordedFile(path)] });

        _folder.Recorded("x").ShouldBe(["timeout", "not_recorded", "text"]);
        _folder.Recorded("y").ShouldBe([2.0, "off_scale", "not_recorded"]);
    }

    [Fact]
    public async Task Rows_of_results_may_keep_fields_that_mean_something_in_other_recorded_forms()
    {
        var path = _folder.Write("results.jsonl", """
            {"id":"r0","scores":{"x":1},"judge":{"a":1},"reason":["b"],"verdicts":3,"judgments":{},"judge_name":7,"pair_id":[1]}
            {"pair_id":[],"judge_name":{},"id":"r1","scores":{"x":2}}
            {"id":"r2","scores":{"x":3}}
            """);

        await _folder.Run(_folder.Options(DataKind.Pairs, PairsFile(3)) with { Recorded = [new RecordedFile(path)] });

        _folder.Recorded("x").ShouldBe([1.0, 2.0, 3.0]);
        _folder.Rejects().ShouldBeEmpty();
    }

    [Fact]
    public async Task Verdicts_and_score_pairs_on_comparisons_are_read_in_both_orders()
    {
        var comparisons = _folder.Write("c.jsonl", string.Join('\n', Enumerable.Range(0, 4).Select(i => $$"""{"id":"c{{i}}","prompt":"p","answer_a":"a","answer_b":"b"}""")));
        var path = _folder.Write("verdicts.jsonl", """
            {"id":"c0","label":"A>B","verdicts":{"j":["A>B","B>A"],"k":["A>>B","A=B"]},"scores":{"k":[1.5,-2]}}
            {"id":"c1","verdicts":{"j":[null,"maybe"],"k":["B>A",null]},"scores":{"k":[null,0.25]},"unscored":{"k":[null,"timeout"]}}
            {"id":"c3","verdicts":{"j":"B>A"},"unscored":{"k":"refused"}}
            """);

        var report = await _folder.Run(_folder.Options(DataKind.Comparisons, comparisons) with { Recorded = [new RecordedFile(path)] });

        _folder.Recorded("j", ColumnKind.VerdictAsShown).ShouldBe([1.0, "unreadable", "not_recorded", -1.0]);
        _folder.Recorded("j", ColumnKind.VerdictSwapped).ShouldBe([-1.0, "unreadable", "not_recorded", "not_recorded"]);
        _folder.Recorded("k", ColumnKind.VerdictAsShown).ShouldBe([1.0, -1.0, "not_recorded", "refused"]);
        _folder.Recorded("k", ColumnKind.VerdictSwapped).ShouldBe([0.0, "timeout", "not_recorded", "refused"]);
        _folder.Recorded("k", ColumnKind.ScoreA).ShouldBe([1.5, "timeout", "not_recorded", "not_recorded"]);
        _folder.Recorded("k", ColumnKind.ScoreB).ShouldBe([-2.0, 0.25, "not_recorded", "not_recorded"]);
        report.RecordedColumns.Select(c => (c.Name, c.Kind)).ShouldBe(
        [
            ("j", ColumnKind.VerdictAsShown), ("j", ColumnKind.VerdictSwapped), ("k", ColumnKind.VerdictAsShown), ("k", ColumnKind.VerdictSwapped),
            ("k", ColumnKind.ScoreA), ("k", ColumnKind.ScoreB),
        ]);
    }

    [Fact]
    public async Task Games_of_judgebench_output_are_read_with_the_protocol_and_the_model_as_the_judge()
    {
        var comparisons = _folder.Write("c.jsonl", string.Join('\n', Enumerable.Range(0, 3).Select(i => $$"""{"pair_id":"c{{i}}","source":"livebench-math","question":"q","response_A":"a","response_B":"b","label":"A>B"}""")));
        var path = _folder.Write("output.jsonl", """
            {"pair_id":"c0","judge_name":"arena","judgments":[{"judgment":{"judge_model":"org/m-1","response":"[[A>B]]"},"decision":"A>B"},{"judgment":{"judge_model":"org/m-1"},"decision":"B>A"}]}
            {"judgments":[null,{"judgment":{"judge_model":"org/m-1"},"decision":"?"}],"judge_name":"arena","pair_id":"c1"}
            {"pair_id":"c2","judge_name":"arena","judgments":[{"decision":"A=B","judgment":{"judge_model":"org/m-1"}}]}
            """);

        await _folder.Run(_folder.Options(DataKind.Comparisons, comparisons) with { Recorded = [new RecordedFile(path)] });

        _folder.Recorded("arena/org_m-1", ColumnKind.VerdictAsShown).ShouldBe([1.0, "unreadable", 0.0]);
        _folder.Recorded("arena/org_m-1", ColumnKind.VerdictSwapped).ShouldBe([-1.0, "unreadable", "not_recorded"]);
        _folder.StoredComparisons().ShouldAllBe(c => c.Category == "math" && c.Prompt == "q");
    }

    [Fact]
    public async Task More_judges_than_anybody_has_is_a_mistake_in_the_file()
    {
        var path = _folder.Write("results.jsonl", "{\"id\":\"r0\",\"scores\":{" + string.Join(',', Enumerable.Range(0, 5000).Select(i => $"\"j{i}\":1")) + "}}");

        var error = await Should.ThrowAsync<OrchestrationException>(() => _folder.Run(_folder.Options(DataKind.Pairs, PairsFile(1)) with { Recorded = [new RecordedFile(path)] }));

        error.Message.ShouldContain("more than 4096 judges");
    }

    public void Dispose() => _folder.Dispose();

    private static string PairRow(int i) => $$"""{"id":"r{{i}}","prompt":"p","answer":"a{{i}}"}""";

    private static string[] ResultRows(int count) => [.. Enumerable.Range(0, count).Select(i =>
    {
        var cells = Cells(i).ToArray();
        var scores = string.Join(',', cells.Select(c => $"\"{c.Judge}\":{(c.Reason is null ? c.Score : "null")}"));
        var unscored = string.Join(',', cells.Where(c => c.Reason is not null).Select(c => $"\"{c.Judge}\":\"{c.Reason}\""));
        return $"{{\"id\":\"r{i}\",\"group\":\"g\",\"scores\":{{{scores}}},\"unscored\":{{{unscored}}},\"score\":0.5}}";
    })];

    private static IEnumerable<string> LongRows(int count, Func<string, string, string, string?, string> row) =>
        Enumerable.Range(0, count).SelectMany(i => Cells(i).Select(c => row($"r{i}", c.Judge, c.Score, c.Reason)));

    // Scores with few and with many digits, several reasons, and a judge that only some rows have.
    private static IEnumerable<(string Judge, string Score, string? Reason)> Cells(int i)
    {
        yield return ("x", (i % 41 / 10.0).ToString(System.Globalization.CultureInfo.InvariantCulture), i % 17 == 0 ? "timeout" : null);
        yield return ("y, z", (1.0 / (i + 1)).ToString("R", System.Globalization.CultureInfo.InvariantCulture), i % 13 == 5 ? $"reason-{i % 3}" : null);
        if (i % 4 == 0) yield return ("rare", "-3e-5", null);
    }

    private string PairsFile(int rows) => _folder.Write("pairs.jsonl", string.Join('\n', Enumerable.Range(0, rows).Select(PairRow)));

    /// <summary>Chunks so small that a file has dozens of them and the window is a few rows.</summary>
    private IngestOptions Small(string pairs, string recorded) => _folder.Options(DataKind.Pairs, pairs) with
    {
        Recorded = [new RecordedFile(recorded)],
        RowsPerShard = 50,
        ChunkBytes = 2048,
    };

    private async Task<string> Blocks(string pairs, IEnumerable<string> recorded, bool expectIndex, string name = "results.jsonl")
    {
        var report = await _folder.Run(Small(pairs, _folder.Write(name, string.Join('\n', recorded))));
        report.RecordedFiles[0].Indexed.ShouldBe(expectIndex);
        report.RecordedFiles[0].Unused.ShouldBe(0);
        report.Rejected.ShouldBe(0);
        var all = new StringBuilder();
        foreach (var shard in _folder.Shards) all.Append(Convert.ToHexString(shard.Head)).Append('\n');
        return all.ToString();
    }
}
