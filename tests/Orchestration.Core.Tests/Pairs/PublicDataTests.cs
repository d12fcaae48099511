using System.Text.Json;
using Orchestration.Core.Evaluation;
using Orchestration.Core.Pairs;
using Orchestration.Core.Pairs.Reading;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Pairs;

/// <summary>The recorded public data, read as it is.</summary>
public sealed class PublicDataTests : IDisposable
{
    private const string O1Mini = "arena_hard/o1-mini-2024-09-12";

    private readonly IngestFolder _folder = new();

    [Fact]
    public async Task Judgebench_native_comparisons_load_whole_with_the_benchmarks_categories()
    {
        var verdicts = PublicData.Require("judgebench/verdicts-gpt4o.jsonl");
        var report = await _folder.Run(_folder.Options(DataKind.Comparisons, PublicData.Require("judgebench/native/pairs-gpt4o.jsonl")));

        (report.Rows, report.Rejected, report.RowsWithLabel).ShouldBe((350, 0, 350));
        var expected = File.ReadLines(verdicts).Select(line => JsonDocument.Parse(line).RootElement)
            .ToDictionary(r => r.GetProperty("id").GetString()!, r => (r.GetProperty("category").GetString(), r.GetProperty("label").GetString()));
        foreach (var comparison in _folder.StoredComparisons())
            (comparison.Category, comparison.Label!.Value.ToText()).ShouldBe(expected[comparison.Id]);
        _folder.Blocks().First().TryGetSource(0, out var source).ShouldBeTrue();
        System.Text.Encoding.UTF8.GetString(source).ShouldBe("mmlu-pro-law");
    }

    [Fact]
    public async Task Recorded_verdicts_and_the_benchmarks_own_output_file_agree()
    {
        var pairs = PublicData.Require("judgebench/native/pairs-gpt4o.jsonl");
        var verdicts = PublicData.Require("judgebench/verdicts-gpt4o.jsonl");
        var output = PublicData.Require("judgebench/native/output-o1-mini.jsonl");

        var report = await _folder.Run(_folder.Options(DataKind.Comparisons, pairs) with { Recorded = [new RecordedFile(verdicts)] });
        var recorded = Verdicts();
        await _folder.Run(_folder.Options(DataKind.Comparisons, pairs) with { Recorded = [new RecordedFile(output)] });
        var native = Verdicts();

        report.RecordedFiles[0].ShouldBe(new RecordedFileReport(verdicts, 350, 0, 0, false));
        report.RecordedColumns.Count.ShouldBe((6 * 2) + (5 * 2), "six judges in both orders, five of them with scores");
        native.ShouldBe(recorded);

        // The golden accuracy: verdicts flipped back, +1 and −1, the sign of the sum.
        var outcomes = recorded.Zip(_folder.StoredComparisons(), (v, c) => Math.Sign((v.AsShown - v.Swapped) * (int)c.Label!.Value)).ToArray();
        (outcomes.Count(o => o > 0), outcomes.Count(o => o < 0), outcomes.Count(o => o == 0)).ShouldBe((230, 39, 81));
    }

    [Fact]
    public async Task Llmbar_is_data_and_recorded_judgments_in_one_file()
    {
        var core = PublicData.Require("llmbar/core.jsonl");

        var report = await _folder.Run(_folder.Options(DataKind.Comparisons, core) with { Recorded = [new RecordedFile(core)] });

        (report.Rows, report.Rejected, report.RowsWithLabel).ShouldBe((419, 0, 419));
        report.RecordedColumns.Count.ShouldBe(65 * 2);
        report.RecordedFiles[0].Unused.ShouldBe(0);
    }

    [Fact]
    public async Task Recorded_scores_of_summeval_are_read_for_rows_of_the_same_ids()
    {
        var recorded = PublicData.Require("summeval/coherence.jsonl");
        var rows = File.ReadLines(recorded).Select(line => JsonDocument.Parse(line).RootElement).ToArray();
        var pairs = _folder.Write("pairs.jsonl", string.Join('\n', rows.Select(r =>
            JsonSerializer.Serialize(new { id = r.GetProperty("id").GetString(), prompt = "Summarise.", answer = "…", target = r.GetProperty("target").GetDouble() }))));

        var report = await _folder.Run(_folder.Options(DataKind.Pairs, pairs) with { Recorded = [new RecordedFile(recorded)] });

        (report.Rows, report.RecordedColumns.Count).ShouldBe((840, 9));
        foreach (var column in report.RecordedColumns)
            _folder.Recorded(column.Name).ShouldBe(rows.Select(r => (object)r.GetProperty("scores").GetProperty(column.Name).GetDouble()));
    }

    public void Dispose() => _folder.Dispose();

    private (double AsShown, double Swapped)[] Verdicts() =>
    [
        .. _folder.Recorded(O1Mini, ColumnKind.VerdictAsShown).Zip(_folder.Recorded(O1Mini, ColumnKind.VerdictSwapped), (a, b) => ((double)a, (double)b)),
    ];
}
