using System.Security.Cryptography;
using System.Text;
using Orchestration.Core.Pairs;
using Orchestration.Core.Pairs.Reading;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Pairs;

public sealed class FileFormatTests : IDisposable
{
    private const string Two = """
        {"id":"a","prompt":"p","answer":"1"}
        {"id":"b","prompt":"p","answer":"2"}

        """;

    private readonly IngestFolder _folder = new();

    [Theory]
    [InlineData("pairs.jsonl")]
    [InlineData("pairs.jsonl.gz")]
    [InlineData("pairs.data")]
    public async Task Gzip_is_known_by_its_bytes_whatever_the_name(string name)
    {
        var raw = IngestFolder.Gzip(Two);
        var path = _folder.Write(name, raw);

        var report = await _folder.Run(_folder.Options(DataKind.Pairs, path));

        _folder.StoredPairs().Select(p => p.Id).ShouldBe(["a", "b"]);
        report.Inputs.ShouldBe([new InputFile(path, raw.Length, Convert.ToHexStringLower(SHA256.HashData(raw)))]);
        report.Warnings.ShouldBeEmpty();
    }

    [Fact]
    public async Task Members_of_a_gzip_file_that_was_put_together_are_all_read()
    {
        var path = _folder.Write("pairs.jsonl.gz", [.. IngestFolder.Gzip("{\"id\":\"a\",\"prompt\":\"p\",\"ans"), .. IngestFolder.Gzip("wer\":\"1\"}\n")]);

        await _folder.Run(_folder.Options(DataKind.Pairs, path));

        _folder.StoredPairs().ShouldHaveSingleItem().Answer.ShouldBe("1");
    }

    [Fact]
    public async Task A_truncated_gzip_file_gives_its_whole_rows_and_says_where_it_breaks_off()
    {
        // Random texts, so that half of the bytes holds about half of the rows.
        var random = new Random(7);
        var rows = string.Concat(Enumerable.Range(0, 2000).Select(i => $$"""{"id":"r{{i}}","prompt":"p","answer":"{{random.NextInt64():x}}{{random.NextInt64():x}}"}""" + "\n"));
        var whole = IngestFolder.Gzip(rows);
        var path = _folder.Write("cut.jsonl.gz", whole[..(whole.Length / 2)]);

        var report = await _folder.Run(_folder.Options(DataKind.Pairs, path));

        var stored = _folder.StoredPairs();
        stored.Count.ShouldBeInRange(500, 1500);
        stored.Select(p => p.Id).ShouldBe(Enumerable.Range(0, stored.Count).Select(i => $"r{i}"));
        var reject = _folder.Rejects().ShouldHaveSingleItem();
        (reject.Line, reject.Reason).ShouldBe((stored.Count + 1, "truncated_file"));
        report.Warnings.ShouldHaveSingleItem().ShouldContain("cut.jsonl.gz breaks off");
        report.Inputs[0].Bytes.ShouldBe(whole.Length / 2);
    }

    [Fact]
    public async Task A_gzip_file_cut_within_its_trailer_is_noticed()
    {
        var whole = IngestFolder.Gzip(Two);
        var path = _folder.Write("cut.jsonl.gz", whole[..^4]);

        var report = await _folder.Run(_folder.Options(DataKind.Pairs, path));

        report.Rows.ShouldBe(2);
        report.Warnings.ShouldHaveSingleItem().ShouldContain("breaks off");
    }

    [Theory]
    [InlineData("pairs.jsonl", "\uFEFF")]
    [InlineData("pairs.csv", "\uFEFFid,prompt,answer\na,p,1\nb,p,2")]
    [InlineData("pairs", "")]
    [InlineData("pairs.ndjson", "\r\n\r\n")]
    public async Task Byte_order_marks_and_leading_blank_lines_are_no_rows(string name, string start)
    {
        var path = _folder.Write(name, Encoding.UTF8.GetBytes(name.EndsWith("csv", StringComparison.Ordinal) ? start : start + Two.ReplaceLineEndings("\r\n")));

        var report = await _folder.Run(_folder.Options(DataKind.Pairs, path));

        _folder.StoredPairs().Select(p => (p.Id, p.Answer)).ShouldBe([("a", "1"), ("b", "2")]);
        report.Rejected.ShouldBe(0);
    }

    [Fact]
    public async Task A_json_array_is_refused_with_the_command_that_converts_it()
    {
        var error = await Should.ThrowAsync<OrchestrationException>(() => _folder.Pairs("[\n  {\"id\":\"a\"}\n]", "all.json"));

        error.Code.ShouldBe(ErrorCodes.Input);
        error.Message.ShouldContain("jq -c '.[]'");
        error.Message.ShouldContain("all.json");
    }

    [Theory]
    [InlineData(new byte[] { 0x50, 0x41, 0x52, 0x31, 0x15 }, "a Parquet file")]
    [InlineData(new byte[] { 0x50, 0x4B, 0x03, 0x04, 0x14 }, "a Zip archive")]
    [InlineData(new byte[] { 0xFF, 0xFE, 0x7B, 0x00 }, "iconv -f utf-16")]
    [InlineData(new byte[] { 0x28, 0xB5, 0x2F, 0xFD, 0x04 }, "zstd")]
    public async Task Files_of_other_formats_are_named_for_what_they_are(byte[] content, string message)
    {
        var path = _folder.Write("pairs.jsonl", content);

        var error = await Should.ThrowAsync<OrchestrationException>(() => _folder.Run(_folder.Options(DataKind.Pairs, path)));

        error.Code.ShouldBe(ErrorCodes.Input);
        error.Message.ShouldContain(message);
    }

    [Fact]
    public async Task Standard_input_is_one_of_the_files()
    {
        var path = _folder.Write("more.csv", "id,prompt,answer\nc,p,3\n");
        using var input = new MemoryStream(IngestFolder.Gzip(Two));

        var report = await _folder.Run(_folder.Options(DataKind.Pairs, "-", path) with { StandardInput = input });

        _folder.StoredPairs().Select(p => p.Id).ShouldBe(["a", "b", "c"]);
        report.Inputs.Select(i => i.Path).ShouldBe(["-", path]);
        report.Inputs[0].Bytes.ShouldBe(input.Length);
        input.CanRead.ShouldBeTrue("standard input is left open");
    }

    [Fact]
    public async Task Missing_files_and_folders_are_found_before_anything_is_stored()
    {
        var good = _folder.Write("pairs.jsonl", Two);

        var missing = await Should.ThrowAsync<OrchestrationException>(() => _folder.Run(_folder.Options(DataKind.Pairs, good, good + ".no")));
        var folder = await Should.ThrowAsync<OrchestrationException>(() => _folder.Run(_folder.Options(DataKind.Pairs, Path.GetDirectoryName(good)!)));

        (missing.Code, folder.Code).ShouldBe((ErrorCodes.Input, ErrorCodes.Input));
        missing.Message.ShouldContain("There is no file");
        folder.Message.ShouldContain("is a folder");
        _folder.Shards.ShouldBeEmpty();
    }

    [Fact]
    public async Task Fields_are_mapped_and_further_ones_kept_as_they_stand()
    {
        var path = _folder.Write("pairs.jsonl", """
            {"uid":1,"question":"Q","response":"R","answer":"not this","topic":"x\n\u00e9","meta":{"a": [1, 2]},"n":1.50}
            {"uid":2,"question":"Q","response":"R","n":null}
            {"uid":3,"question":"Q","response":"R"}
            """);
        var options = _folder.Options(DataKind.Pairs, path) with
        {
            Map = new Dictionary<string, string> { ["id"] = "uid", ["prompt"] = "question", ["answer"] = "response" },
            Keep = ["n", "topic", "meta", "answer"],
        };

        await _folder.Run(options);

        _folder.StoredPairs().Select(p => (p.Id, p.Answer)).ShouldBe([("1", "R"), ("2", "R"), ("3", "R")]);
        var block = _folder.Blocks().ShouldHaveSingleItem();
        Encoding.UTF8.GetString(block.Kept(0)).ShouldBe("""
            "n":1.50,"topic":"x\n\u00e9","meta":{"a": [1, 2]},"answer":"not this"
            """.Trim());
        Encoding.UTF8.GetString(block.Kept(1)).ShouldBe("\"n\":null");
        block.Kept(2).Length.ShouldBe(0);
    }

    [Theory]
    [InlineData("answr", "response", "there is no field 'answr' of pairs. The fields are id, prompt, answer")]
    [InlineData("label", "gold", "there is no field 'label' of pairs")]
    [InlineData("answer", "", "--map answer=response")]
    public async Task A_map_of_an_unknown_field_is_refused(string ours, string theirs, string message)
    {
        var path = _folder.Write("pairs.jsonl", Two);
        var options = _folder.Options(DataKind.Pairs, path) with { Map = new Dictionary<string, string> { [ours] = theirs } };

        var error = await Should.ThrowAsync<OrchestrationException>(() => _folder.Run(options));

        error.Code.ShouldBe(ErrorCodes.Usage);
        error.Message.ShouldContain(message);
    }

    [Theory]
    [InlineData("scores")]
    [InlineData("id")]
    [InlineData("coverage")]
    public async Task A_kept_field_cannot_take_the_name_of_a_result(string name)
    {
        var path = _folder.Write("pairs.jsonl", Two);

        var error = await Should.ThrowAsync<OrchestrationException>(() => _folder.Run(_folder.Options(DataKind.Pairs, path) with { Keep = [name] }));

        error.Code.ShouldBe(ErrorCodes.Usage);
        error.Message.ShouldContain($"--keep {name}");
    }

    [Fact]
    public async Task Options_out_of_range_are_refused_with_value_and_range()
    {
        var options = _folder.Options(DataKind.Pairs, _folder.Write("pairs.jsonl", Two));
        (IngestOptions Options, string Message)[] cases =
        [
            (options with { Inputs = [] }, "No input"),
            (options with { Inputs = ["-", "-"] }, "named twice"),
            (options with { Inputs = [options.Inputs[0], options.Inputs[0]] }, "named twice"),
            (options with { Recorded = [new RecordedFile("-")] }, "Recorded judgments cannot"),
            (options with { Limit = 0 }, "--limit 0"),
            (options with { Sample = -1 }, "--sample -1"),
            (options with { Limit = 1, Sample = 1 }, "exclude one another"),
            (options with { RowsPerShard = 0 }, "RowsPerShard is 0"),
        ];

        foreach (var (bad, message) in cases)
        {
            var error = await Should.ThrowAsync<OrchestrationException>(() => _folder.Run(bad));
            error.Code.ShouldBe(ErrorCodes.Usage);
            error.Message.ShouldContain(message);
        }
    }

    [Fact]
    public async Task Comparisons_are_stored_with_label_source_and_category()
    {
        var path = _folder.Write("comparisons.jsonl", """
            {"id":"a","prompt":"p","answer_a":"1","answer_b":"2","label":"A>B","category":"c","source":"s","reference":"r","group":"g"}
            {"id":"b","prompt":"p","answer_a":"1","answer_b":"","label":"A=B"}
            {"id":"c","prompt":"p","answer_a":"1","answer_b":"2","label":null}
            {"id":"d","prompt":"p","answer_a":"1","answer_b":"2","label":"B>>A"}
            """);

        var report = await _folder.Run(_folder.Options(DataKind.Comparisons, path));

        report.RowsWithLabel.ShouldBe(3);
        var group = PairHash.Group("p");
        _folder.StoredComparisons().ShouldBe(
        [
            new Comparison { Id = "a", Prompt = "p", AnswerA = "1", AnswerB = "2", Label = Preference.A, Category = "c", Reference = "r", Group = "g" },
            new Comparison { Id = "b", Prompt = "p", AnswerA = "1", AnswerB = "", Label = Preference.Tie, Group = group },
            new Comparison { Id = "c", Prompt = "p", AnswerA = "1", AnswerB = "2", Group = group },
            new Comparison { Id = "d", Prompt = "p", AnswerA = "1", AnswerB = "2", Label = Preference.B, Group = group },
        ]);
        _folder.Blocks().Single().TryGetSource(0, out var source).ShouldBeTrue();
        Encoding.UTF8.GetString(source).ShouldBe("s");
    }

    public void Dispose() => _folder.Dispose();
}
