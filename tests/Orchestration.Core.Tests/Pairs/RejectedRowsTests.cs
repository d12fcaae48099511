using System.Text;
using Orchestration.Core.Pairs.Reading;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Pairs;

public sealed class RejectedRowsTests : IDisposable
{
    private const string Good = """{"id":"first","prompt":"p","answer":"a"}""";
    private const string Last = """{"id":"last","prompt":"p","answer":"a"}""";

    private readonly IngestFolder _folder = new();

    [Theory]
    [InlineData("""{"id":"x","prompt":"p","answer":"a" """, "invalid_json", "not well-formed JSON")]
    [InlineData("""{"id":"x","prompt":"p","answer":"a"} {}""", "invalid_json", "at byte 38")]
    [InlineData("""{"id":"x","prompt":"p","answer":"a","target":NaN}""", "invalid_json", "write null")]
    [InlineData("""["x","p","a"]""", "not_an_object", "an array")]
    [InlineData("3.5", "not_an_object", "a bare value")]
    [InlineData("""{"prompt":"p","answer":"a"}""", "missing_field", "--map id=FIELD")]
    [InlineData("""{"uid":"x","prompt":"p","answer":"a"}""", "missing_field", "--map id=uid")]
    [InlineData("""{"id":"","prompt":"p","answer":"a"}""", "missing_field", "'id' is empty")]
    [InlineData("""{"id":"x","answer":"a"}""", "missing_field", "'prompt'")]
    [InlineData("""{"id":"x","prompt":"p","response":"a"}""", "missing_field", "--map answer=response")]
    [InlineData("""{"id":"x","prompt":"p","answer":null}""", "missing_field", "'answer'")]
    [InlineData("{}", "missing_field", "the row has no fields")]
    [InlineData("""{"id":{"x":1},"prompt":"p","answer":"a"}""", "wrong_type", "'id' is an object")]
    [InlineData("""{"id":"x","prompt":["p"],"answer":"a"}""", "wrong_type", "'prompt' is an array and should be a text")]
    [InlineData("""{"id":"x","prompt":"p","answer":42}""", "wrong_type", "'answer' is a number")]
    [InlineData("""{"id":"x","prompt":"p","answer":"a","category":true}""", "wrong_type", "'category' is true or false")]
    [InlineData("""{"id":"x","prompt":"p","answer":"a","target":"3"}""", "wrong_type", "'target' is a text and should be a number")]
    [InlineData("""{"id":"x","prompt":"p","answer":"a","target":1e400}""", "not_finite", "'target'")]
    [InlineData("""{"id":"x","prompt":" \n","answer":"a"}""", "empty_prompt", "what was asked")]
    [InlineData("""{"id":"x","prompt":"p","answer":"a","prompt":"q"}""", "duplicate_field", "'prompt' stands twice")]
    [InlineData("""{"id":"x","prompt":"p","answer":"a \ud83d"}""", "invalid_unicode", "half a surrogate pair")]
    [InlineData("""{"id":"x","prompt":"p","answer":"a \ude00\ud83d"}""", "invalid_unicode", "'answer'")]
    public async Task A_bad_row_is_written_down_with_its_line_and_a_cure_and_the_others_are_read(string row, string reason, string message)
    {
        var report = await _folder.Pairs($"{Good}\n\n{row}\n{Last}\n");

        _folder.StoredPairs().Select(p => p.Id).ShouldBe(["first", "last"]);
        report.Rejected.ShouldBe(1);
        report.RejectedByReason.ShouldBe(new Dictionary<string, long> { [reason] = 1 });
        var reject = _folder.Rejects().ShouldHaveSingleItem();
        reject.File.ShouldEndWith("pairs.jsonl");
        reject.Line.ShouldBe(3);
        reject.Reason.ShouldBe(reason);
        reject.Message.ShouldContain(message);
        reject.Row.ShouldBe(row);
    }

    [Theory]
    [InlineData("""{"id":"x","prompt":"p","answer_a":"a","answer_b":"b","label":"C"}""", "unknown_label", "Write A>B, B>A or A=B")]
    [InlineData("""{"id":"x","prompt":"p","answer_a":"a","answer_b":"b","label":1}""", "wrong_type", "'label' is a number")]
    [InlineData("""{"id":"x","prompt":"p","answer_a":"a"}""", "missing_field", "'answer_b'")]
    [InlineData("""{"id":"x","prompt":"p","response_a":"a","response_b":"b"}""", "missing_field", "--map answer_a=response_a")]
    public async Task A_bad_comparison_is_written_down_too(string row, string reason, string message)
    {
        var path = _folder.Write("comparisons.jsonl", $$"""
            {"id":"first","prompt":"p","answer_a":"a","answer_b":"b"}
            {{row}}
            """);

        var report = await _folder.Run(_folder.Options(DataKind.Comparisons, path));

        report.Rows.ShouldBe(1);
        var reject = _folder.Rejects().ShouldHaveSingleItem();
        (reject.Line, reject.Reason).ShouldBe((2, reason));
        reject.Message.ShouldContain(message);
    }

    [Fact]
    public async Task Bytes_that_are_not_utf8_reject_their_row_only()
    {
        byte[] content =
        [
            .. Encoding.UTF8.GetBytes(Good + "\n"),
            .. Encoding.Latin1.GetBytes("""{"id":"x","prompt":"caf""" + "\u00e9\",\"answer\":\"a\"}\n"),
            .. Encoding.UTF8.GetBytes(Last),
        ];

        await _folder.Run(_folder.Options(DataKind.Pairs, _folder.Write("pairs.jsonl", content)));

        _folder.StoredPairs().Select(p => p.Id).ShouldBe(["first", "last"]);
        var reject = _folder.Rejects().ShouldHaveSingleItem();
        (reject.Line, reject.Reason).ShouldBe((2, "invalid_unicode"));
        reject.Message.ShouldContain("iconv");
        reject.Row.ShouldContain("caf\uFFFD");
    }

    [Fact]
    public async Task Rows_nested_deeper_than_64_levels_are_rejected_also_in_fields_that_are_not_read()
    {
        string Nested(int levels) => $$"""{"id":"n{{levels}}","prompt":"p","answer":"a","x":{{new string('[', levels)}}{{new string(']', levels)}}}""";

        await _folder.Pairs($"{Nested(63)}\n{Nested(64)}\n{Nested(5000)}\n");

        _folder.StoredPairs().ShouldHaveSingleItem().Id.ShouldBe("n63");
        _folder.Rejects().Select(r => (r.Line, r.Reason)).ShouldBe([(2, "too_deep"), (3, "too_deep")]);
    }

    [Fact]
    public async Task A_row_over_the_greatest_length_is_skipped_without_being_held_in_memory()
    {
        var path = _folder.Write("pairs.jsonl", $$"""
            {{Good}}
            {"id":"long","prompt":"p","answer":"{{new string('x', 5000)}}"}
            {{Last}}
            {"id":"endless","prompt":"p","answer":"{{new string('y', 9000)}}
            """);

        var report = await _folder.Run(_folder.Options(DataKind.Pairs, path) with { ChunkBytes = 64, MaxRowBytes = 1024 });

        _folder.StoredPairs().Select(p => p.Id).ShouldBe(["first", "last"]);
        report.RejectedByReason.ShouldBe(new Dictionary<string, long> { ["too_long"] = 2 });
        _folder.Rejects().Select(r => (r.Line, r.Reason)).ShouldBe([(2, "too_long"), (4, "too_long")]);
        _folder.Rejects()[0].Row.ShouldStartWith("""{"id":"long","prompt":"p","answer":"xxx""");
    }

    [Fact]
    public async Task Only_the_first_2000_characters_of_a_rejected_row_are_kept_and_no_character_is_halved()
    {
        var row = """{"id":"x" """ + string.Concat(Enumerable.Repeat("😀", 1500));

        await _folder.Pairs($"{Good}\n{row}\n");

        var kept = _folder.Rejects().ShouldHaveSingleItem().Row;
        kept.Length.ShouldBeInRange(1999, 2000);
        kept.ShouldNotContain('\uFFFD');
        row.ShouldStartWith(kept);
    }

    [Fact]
    public async Task Fields_of_judgebench_that_are_something_else_here_do_not_reject_a_row()
    {
        var path = _folder.Write("comparisons.jsonl", """{"id":"x","prompt":"p","answer_a":"a","answer_b":"b","question":["not","ours"],"pair_id":{}}""");

        var report = await _folder.Run(_folder.Options(DataKind.Comparisons, path));

        report.Rejected.ShouldBe(0);
    }

    [Fact]
    public async Task Nothing_good_at_all_says_what_the_first_row_looks_like_and_which_options_would_read_it()
    {
        var error = await Should.ThrowAsync<OrchestrationException>(() => _folder.Pairs("""
            {"question_id":1,"question":"Why?","response":"Because."}
            {"question_id":2,"question":"Why?","response":"Because."}
            """));

        error.Code.ShouldBe(ErrorCodes.Input);
        error.Message.ShouldContain("pairs.jsonl, line 1: {\"question_id\":1");
        error.Message.ShouldContain("id, prompt, answer, reference, group, category, source, target");
        error.Message.ShouldContain("--map id=question_id --map prompt=question --map answer=response");
        _folder.Shards.ShouldBeEmpty();
        _folder.Rejects().Count.ShouldBe(2);
    }

    [Fact]
    public async Task An_empty_file_is_an_error_that_says_so()
    {
        var error = await Should.ThrowAsync<OrchestrationException>(() => _folder.Pairs("\n \r\n"));

        error.Code.ShouldBe(ErrorCodes.Input);
        error.Message.ShouldContain("pairs.jsonl holds no rows");
    }

    [Fact]
    public async Task A_file_that_is_bad_from_end_to_end_writes_every_row_down()
    {
        var path = _folder.Write("pairs.jsonl", Good + "\n" + string.Concat(Enumerable.Repeat("x\n", 5000)));

        var report = await _folder.Run(_folder.Options(DataKind.Pairs, path) with { ChunkBytes = 256 });

        report.Rejected.ShouldBe(5000);
        _folder.Rejects().Select(r => r.Line).ShouldBe(Enumerable.Range(2, 5000).Select(l => (long)l));
    }

    public void Dispose() => _folder.Dispose();
}
