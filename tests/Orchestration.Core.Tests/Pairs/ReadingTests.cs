using System.Text;
using Orchestration.Core.Pairs;
using Orchestration.Core.Pairs.Reading;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Pairs;

public sealed class ReadingTests : IDisposable
{
    private readonly IngestFolder _folder = new();

    [Fact]
    public async Task Pairs_of_json_lines_are_stored_in_order_with_all_their_fields()
    {
        var report = await _folder.Pairs("""
            {"id":"a","prompt":"Why?","answer":"Because.","reference":"So.","group":"g","category":"c","source":"s","target":3.25,"other":[1,{"x":2}]}

            {"answer":"","prompt":"Wie \u00e4hnlich\n\ud83d\ude00?","id":17}
            {"id":"c","prompt":"Why?","answer":"No.","reference":null,"target":null,"category":null}
            """);

        report.Rows.ShouldBe(3);
        report.Rejected.ShouldBe(0);
        report.RowsWithReference.ShouldBe(1);
        report.RowsWithTarget.ShouldBe(1);
        report.PromptBytes.ShouldBe(4 + Encoding.UTF8.GetByteCount("Wie ähnlich\n😀?") + 4);
        report.AnswerBytes.ShouldBe(8 + 0 + 3);
        _folder.StoredPairs().ShouldBe(
        [
            new Pair { Id = "a", Prompt = "Why?", Answer = "Because.", Reference = "So.", Group = "g", Category = "c", Source = "s", Target = 3.25 },
            new Pair { Id = "17", Prompt = "Wie ähnlich\n😀?", Answer = "", Group = PairHash.Group("Wie ähnlich\n😀?") },
            new Pair { Id = "c", Prompt = "Why?", Answer = "No.", Group = PairHash.Group("Why?") },
        ]);
    }

    [Fact]
    public async Task Recorded_results_in_the_order_of_the_data_are_stored_with_the_rows()
    {
        var pairs = _folder.Write("pairs.jsonl", string.Concat(Enumerable.Range(0, 4).Select(i => $$"""{"id":"p{{i}}","prompt":"p","answer":"a"}""" + "\n")));
        var results = _folder.Write("results.jsonl", """
            {"id":"p0","group":"g","scores":{"x":1.5,"y":null},"unscored":{"y":"timeout"},"score":0.5,"coverage":0.5,"aggregator":"mean"}
            {"id":"p1","scores":{"x":-0.1,"y":2e-7},"unscored":{}}
            {"id":"p3","scores":{"x":null,"y":4}}
            """);

        var report = await _folder.Run(_folder.Options(DataKind.Pairs, pairs) with { Recorded = [new RecordedFile(results)] });

        report.RecordedColumns.Select(c => c.Name).ShouldBe(["x", "y"]);
        report.RecordedFiles[0].ShouldBe(new RecordedFileReport(results, 3, 0, 0, false));
        _folder.Recorded("x").ShouldBe([1.5, -0.1, "not_recorded", "not_recorded"]);
        _folder.Recorded("y").ShouldBe(["timeout", 2e-7, "not_recorded", 4.0]);
        _folder.Recorded("z").ShouldAllBe(cell => Equals(cell, "not_recorded"));
    }

    public void Dispose() => _folder.Dispose();
}
