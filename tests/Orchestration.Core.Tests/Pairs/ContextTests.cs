using System.Text;
using Orchestration.Core.Pairs.Reading;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Pairs;

public sealed class ContextTests : IDisposable
{
    private readonly IngestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_context_is_a_text_a_number_or_json_as_it_is_written()
    {
        var report = await _folder.Pairs("""
            {"id":"a","prompt":"p","answer":"x","context":"Clause 4: \"within 14 days\"."}
            {"id":"b","prompt":"p","answer":"x","context":["one", {"two": [2]}],"reference":"r"}
            {"id":"c","context":{"k" : "v"},"prompt":"p","answer":"x"}
            {"id":"d","prompt":"p","answer":"x","context":7}
            {"id":"e","prompt":"p","answer":"x","context":null}
            {"id":"f","prompt":"p","answer":"x"}
            """);

        report.Rejected.ShouldBe(0);
        _folder.StoredPairs().Select(p => p.Context).ShouldBe(["Clause 4: \"within 14 days\".", "[\"one\", {\"two\": [2]}]", "{\"k\" : \"v\"}", "7", null, null]);
        _folder.StoredPairs()[1].Reference.ShouldBe("r");
    }

    [Fact]
    public async Task A_context_is_mapped_and_kept_like_any_field()
    {
        var file = _folder.Write("c.jsonl", """{"id":"a","prompt":"p","answer_a":"x","answer_b":"y","passages":["one","two"]}""");
        await _folder.Run(_folder.Options(DataKind.Comparisons, file) with { Map = new Dictionary<string, string> { ["context"] = "passages" }, Keep = ["passages"] });

        var stored = _folder.StoredComparisons().ShouldHaveSingleItem();
        stored.Context.ShouldBe("[\"one\",\"two\"]");
        stored.Swapped().Context.ShouldBe(stored.Context);
        Encoding.UTF8.GetString(_folder.Blocks().Single().Kept(0)).ShouldBe("\"passages\":[\"one\",\"two\"]");
    }

    [Fact]
    public async Task A_block_without_contexts_is_one_that_older_builds_read()
    {
        await _folder.Pairs("""{"id":"a","prompt":"p","answer":"x","reference":"r"}""");
        _folder.Shards.ShouldHaveSingleItem().Text[1].ShouldBe((byte)1);
        await _folder.Pairs("""{"id":"a","prompt":"p","answer":"x","context":"r"}""");
        _folder.Shards.ShouldHaveSingleItem().Text[1].ShouldBe((byte)2, "another form has another number, which older builds name when they refuse it");
    }

    [Fact]
    public async Task A_shard_that_loses_a_duplicate_keeps_its_contexts()
    {
        await _folder.Pairs("""
            {"id":"a","prompt":"p","answer":"x","context":"one"}
            {"id":"a","prompt":"p","answer":"x","context":"two"}
            {"id":"b","prompt":"p","answer":"x","context":"three"}
            """);

        _folder.StoredPairs().Select(p => p.Context).ShouldBe(["one", "three"]);
    }
}
