using Orchestration.Core.Pairs.Reading;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Pairs;

/// <summary>The project's own samples, read as their page says they are.</summary>
public sealed class SampleFilesTests : IDisposable
{
    private readonly IngestFolder _folder = new();

    [Fact]
    public async Task Pairs_and_comparisons_load_whole()
    {
        var pairs = await _folder.Run(_folder.Options(DataKind.Pairs, Sample("pairs.jsonl")));
        var comparisons = await _folder.Run(_folder.Options(DataKind.Comparisons, Sample("comparisons.jsonl")));

        (pairs.Rows, pairs.Rejected, pairs.RowsWithReference, pairs.RowsWithTarget).ShouldBe((168, 0, 168, 168));
        (comparisons.Rows, comparisons.Rejected, comparisons.RowsWithLabel).ShouldBe((42, 0, 42));
    }

    [Fact]
    public async Task Bad_rows_are_rejected_for_what_is_wrong_with_them()
    {
        var path = Sample("bad-rows.jsonl");
        var report = await _folder.Run(_folder.Options(DataKind.Pairs, path));

        (report.Rows, report.Rejected).ShouldBe((4, 9));
        _folder.Rejects().OrderBy(r => r.Line).Select(r => (r.Line, r.Reason)).ShouldBe(
        [
            (2, "invalid_json"), (4, "missing_field"), (5, "missing_field"), (6, "duplicate_id"), (7, "wrong_type"), (8, "wrong_type"),
            (10, "not_an_object"), (11, "missing_field"), (12, "invalid_json"),
        ]);
    }

    public void Dispose() => _folder.Dispose();

    private static string Sample(string name) => Path.Combine(PublicData.RepositoryRoot, "samples", name);
}
