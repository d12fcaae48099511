using System.Text;
using Orchestration.Core.Pairs.Reading;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Pairs;

public sealed class CsvTests : IDisposable
{
    private readonly IngestFolder _folder = new();

    [Fact]
    public async Task Quotes_hold_delimiters_line_breaks_and_quotes_and_lines_are_counted_as_in_an_editor()
    {
        var report = await _folder.Pairs(
            "id,prompt,answer,target,category,reference\r\n" +
            "a,\"two\nlines, \"\"quoted\"\"\",\"\",3.5,c,\r\n" +
            "\r\n" +
            "b,p\r\n" +
            "c,\"one\r\n\r\nmore\",5\" disk,, ,\"r\"\r\n" +
            "d,p,a,three,c,r\r\n",
            "pairs.csv");

        var pairs = _folder.StoredPairs();
        pairs.Select(p => (p.Id, p.Prompt, p.Answer, p.Target, p.Category, p.Reference)).ShouldBe(
        [
            ("a", "two\nlines, \"quoted\"", "", 3.5, "c", null),
            ("c", "one\r\n\r\nmore", "5\" disk", null, " ", "r"),
        ]);
        report.Rejected.ShouldBe(2);
        _folder.Rejects().Select(r => (r.Line, r.Reason)).ShouldBe([(5, "csv_fields"), (9, "wrong_type")]);
        _folder.Rejects()[0].Message.ShouldContain("2 fields and the header 6");
    }

    [Theory]
    [InlineData("pairs.tsv", "id\tprompt\tanswer\na\tp, q\tx;y\n")]
    [InlineData("pairs.csv", "id;prompt;answer\na;p, q;\"x;y\"\n")]
    public async Task Tabs_and_semicolons_are_delimiters_where_the_header_has_no_comma(string name, string content)
    {
        await _folder.Pairs(content, name);

        var pair = _folder.StoredPairs().ShouldHaveSingleItem();
        (pair.Prompt, pair.Answer).ShouldBe(("p, q", "x;y"));
    }

    [Fact]
    public async Task Text_after_a_closing_quote_rejects_the_row()
    {
        await _folder.Pairs("id,prompt,answer\na,\"p\"q,x\nb,p,x\n", "pairs.csv");

        _folder.StoredPairs().ShouldHaveSingleItem().Id.ShouldBe("b");
        var reject = _folder.Rejects().ShouldHaveSingleItem();
        (reject.Line, reject.Reason).ShouldBe((2, "csv_quotes"));
    }

    [Fact]
    public async Task A_quote_that_is_never_closed_names_the_row_where_it_opens()
    {
        await _folder.Pairs("id,prompt,answer\nb,p,x\na,\"p,q\nc,p,x\n", "pairs.csv");

        var reject = _folder.Rejects().ShouldHaveSingleItem();
        (reject.Line, reject.Reason).ShouldBe((3, "csv_quotes"));
        reject.Message.ShouldContain("never closed");
    }

    [Fact]
    public async Task Kept_fields_of_csv_become_json_texts()
    {
        var path = _folder.Write("pairs.csv", "id,prompt,answer,note\na,p,x,\"say \"\"hi\"\"\n\\ é\"\n");

        await _folder.Run(_folder.Options(DataKind.Pairs, path) with { Keep = ["note"] });

        Encoding.UTF8.GetString(_folder.Blocks().Single().Kept(0)).ShouldBe("""
            "note":"say \"hi\"\n\\ é"
            """.Trim());
    }

    [Fact]
    public async Task Comparisons_are_read_from_csv()
    {
        var path = _folder.Write("c.csv", "id,prompt,answer_a,answer_b,label\n1,p,x,y,B>A\n2,p,x,y,\n3,p,x,y,?\n");

        await _folder.Run(_folder.Options(DataKind.Comparisons, path));

        _folder.StoredComparisons().Select(c => c.Label?.ToString()).ShouldBe(["B", null]);
        _folder.Rejects().ShouldHaveSingleItem().Reason.ShouldBe("unknown_label");
    }

    [Theory]
    [InlineData("id,prompt,answer,prompt\n", "names 'prompt' twice")]
    [InlineData("id,\"prompt,answer\n", "quote in the header")]
    public async Task A_header_that_cannot_be_read_is_an_error_of_the_file(string content, string message)
    {
        var error = await Should.ThrowAsync<OrchestrationException>(() => _folder.Pairs(content, "pairs.csv"));

        error.Code.ShouldBe(ErrorCodes.Input);
        error.Message.ShouldContain(message);
        error.Message.ShouldContain("pairs.csv, line 1");
    }

    [Fact]
    public async Task A_csv_file_with_other_names_gets_the_options_that_would_read_it()
    {
        var error = await Should.ThrowAsync<OrchestrationException>(() => _folder.Pairs("uid,question,output\n1,q,o\n", "pairs.csv"));

        error.Message.ShouldContain("--map id=uid --map prompt=question --map answer=output");
    }

    [Theory]
    [InlineData(16)]
    [InlineData(32)]
    [InlineData(64)]
    [InlineData(1 << 20)]
    public async Task Where_a_file_is_cut_into_chunks_does_not_show(int chunkBytes)
    {
        var random = new Random(3);
        var csv = new StringBuilder("id,prompt,answer\n");
        var expected = new List<(string, string, string)>();
        for (var i = 0; i < 300; i++)
        {
            var prompt = "p" + string.Concat(Enumerable.Range(0, random.Next(20)).Select(_ => "ab\"\n,\r"[random.Next(6)]));
            csv.Append($"{i},\"{prompt.Replace("\"", "\"\"", StringComparison.Ordinal)}\",x{i}\n");
            expected.Add(($"{i}", prompt, $"x{i}"));
        }

        var path = _folder.Write("pairs.csv", csv.ToString());
        await _folder.Run(_folder.Options(DataKind.Pairs, path) with { ChunkBytes = chunkBytes });

        _folder.StoredPairs().Select(p => (p.Id, p.Prompt, p.Answer)).ShouldBe(expected);
    }

    public void Dispose() => _folder.Dispose();
}
