using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Orchestration.Core.Aggregation.Training;
using Orchestration.Core.Aggregation.Versions;
using Orchestration.Core.Judging;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Aggregation.Training;

public sealed class TrainingReaderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orchestrate-train-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Rows_are_read_with_judges_in_the_order_in_which_they_were_met()
    {
        var rows = Read(
            """{"id":"a","group":"g1","scores":{"x":1,"y":null},"target":3}""",
            "",
            """{"id":17,"group":2,"scores":{"z":5,"x":2},"target":1.5,"other":{}}""");
        rows.Judges.ShouldBe(["x", "y", "z"]);
        rows.Ids.ShouldBe(["a", "17"]);
        rows.Groups.ShouldBe(["g1", "2"]);
        rows.Targets.ShouldBe([3, 1.5]);
        rows.Column(0).ShouldBe([1, 2]);
        rows.Column(1).ShouldBe([double.NaN, double.NaN]);
        rows.Column(2).ShouldBe([double.NaN, 5]);
        rows.LearnedFrom.ShouldBe(LearnedFrom.Scores);
        rows.Inputs.ShouldHaveSingleItem().Sha256.Length.ShouldBe(64);
    }

    [Theory]
    [InlineData("""{"id":"b","group":"g","scores":{"x":"1"},"target":1}""", "wrong_type", "score of 'x'")]
    [InlineData("""{"id":"b","group":"g","scores":{"x":1e999},"target":1}""", "not_finite", "'x'")]
    [InlineData("""{"id":"b","group":"g","scores":[1],"target":1}""", "missing_field", "'scores'")]
    [InlineData("""{"id":"b","group":"g","target":1}""", "missing_field", "'scores'")]
    [InlineData("""{"group":"g","scores":{"x":1},"target":1}""", "missing_field", "'id'")]
    [InlineData("""{"id":"a","group":"g","scores":{"x":1},"target":1}""", "duplicate_id", "'a'")]
    [InlineData("""{"id":"b","group":"g","scores":{"x":1},"target":"good"}""", "wrong_type", "'target'")]
    [InlineData("""{"id":"b","group":"g","scores":{"x":1,"x":2},"target":1}""", "duplicate_field", "twice")]
    [InlineData("""{"id":"b","group":"g","scores":{"x":NaN},"target":1}""", "invalid_json", "write null")]
    [InlineData("""{"id":"b","group":"g","verdicts":{"x":["A>B","B>A"]},"target":"A>B"}""", "recorded_form", "Train on each apart")]
    [InlineData("[1]", "not_an_object", "array")]
    [InlineData("{", "invalid_json", "well-formed")]
    public void A_bad_row_is_written_down_with_its_line_and_the_good_ones_are_used(string bad, string reason, string says)
    {
        var rows = Read("""{"id":"a","group":"g","scores":{"x":1},"target":3}""", bad, """{"id":"c","group":"h","scores":{"x":2},"target":1}""");
        rows.Ids.ShouldBe(["a", "c"]);
        rows.Rejected.ShouldBe(1);
        rows.RejectedByReason.ShouldHaveSingleItem().Key.ShouldBe(reason);
        rows.FirstReject.ShouldNotBeNull().ShouldContain("rows.jsonl, line 2: ");
        rows.FirstReject.ShouldContain(says);
        using var reject = JsonDocument.Parse(File.ReadAllText(At("rejects.jsonl")));
        reject.RootElement.GetProperty("line").GetInt64().ShouldBe(2);
        reject.RootElement.GetProperty("row").GetString().ShouldBe(bad);
    }

    [Fact]
    public void Rows_without_a_human_score_are_counted_and_not_learned_from()
    {
        var rows = Read("""{"id":"a","group":"g","scores":{"x":1},"target":3}""", """{"id":"b","group":"g","scores":{"x":1},"target":null}""", """{"id":"c","group":"g","scores":{"x":1}}""");
        rows.Ids.ShouldBe(["a"]);
        rows.Unlabelled.ShouldBe(2);
        rows.Rejected.ShouldBe(0);
    }

    [Fact]
    public void Where_nothing_can_be_learned_from_the_message_says_why()
    {
        Should.Throw<OrchestrationException>(() => Read("""{"id":"b","scores":{"x":1}}""")).Message.ShouldContain("has a value in 'target'");
        Should.Throw<OrchestrationException>(() => Read("{")).Message.ShouldContain("rows.jsonl, line 1: ");
        Should.Throw<OrchestrationException>(() => TrainingReader.Read(new TrainingInput { Files = [At("none.jsonl")], Target = "target" }, Cancel)).Message.ShouldContain("There is no file");
    }

    [Fact]
    public void Without_a_group_the_prompt_groups_and_without_that_each_row_stands_alone()
    {
        var rows = Read(
            """{"id":"a","prompt":"p","scores":{"x":1},"target":3}""", """{"id":"b","prompt":"p","scores":{"x":1},"target":3}""", """{"id":"c","scores":{"x":1},"target":3}""");
        rows.Groups[0].ShouldBe(rows.Groups[1]);
        rows.Groups[2].ShouldBe("c");
        rows.HasLoneRows.ShouldBeTrue();
        var named = TrainingReader.Read(Input() with { Group = "prompt", Files = [At("rows.jsonl")] }, Cancel);
        named.Groups.ShouldBe(["p", "p"]);
        named.Rejected.ShouldBe(1);
    }

    [Fact]
    public void Verdicts_become_one_number_for_answer_A()
    {
        var rows = Read(
            """{"id":"1","label":"A>B","verdicts":{"x":["A>B","B>A"],"y":["A>B","A>B"],"z":["A=B","B>A"],"u":[null,null],"v":["B>A",null]},"target":"A>B"}""",
            """{"id":"2","verdicts":{"x":["B>A","A>B"]},"target":"A=B"}""");
        rows.LearnedFrom.ShouldBe(LearnedFrom.Comparisons);
        rows.Judges.ShouldBe(["x", "y", "z", "u", "v"]);
        Enumerable.Range(0, 5).Select(j => rows.Column(j)[0]).ShouldBe([1, 0, 0.5, double.NaN, -0.5]);
        rows.Targets.ShouldBe([1, 0.5]);
        var set = TrainingSet.Of(rows, Input(), static _ => null);
        set.Preferences.ShouldNotBeNull().First[0].ShouldBe(1);
        set.Preferences.Second[2].ShouldBe(0.25);
        set.Judges.ShouldNotContain(static j => j.Name == "u", "it has no readable verdict");
    }

    [Fact]
    public void Csv_and_gzip_are_read_alike()
    {
        const string Csv = "id,prompt,target,scores.x,y\na,p,3,1,2\nb,p,,1,2\nc,q,4.5,,7\nd,q,x,1,1\n";
        File.WriteAllText(At("rows.csv"), Csv);
        using (var file = new GZipStream(File.Create(At("again.csv.gz")), CompressionLevel.Fastest)) file.Write(Encoding.UTF8.GetBytes(Csv));
        foreach (var name in new[] { "rows.csv", "again.csv.gz" })
        {
            var rows = TrainingReader.Read(Input() with { Files = [At(name)] }, Cancel);
            rows.Ids.ShouldBe(["a", "c"]);
            rows.Judges.ShouldBe(["x"]);
            rows.Column(0).ShouldBe([1, double.NaN]);
            (rows.Unlabelled, rows.Rejected).ShouldBe((1, 1));
        }

        var both = TrainingReader.Read(Input() with { Files = [At("rows.csv")], Judges = ["x", "y"] }, Cancel);
        both.Judges.ShouldBe(["x", "y"]);
        both.Column(1).ShouldBe([2, 7]);
    }

    [Fact]
    public void A_sweeps_summary_states_scales_and_rubrics_beside_its_results()
    {
        File.WriteAllText(At("results.jsonl"), """{"id":"a","group":"g","scores":{"x":1,"toxicity":0.25},"target":3}""" + "\n");
        File.WriteAllText(At("summary.json"), """{"columns":[{"name":"x","rubric":"abc","version":"def","scale":{"min":0,"max":4,"step":1,"direction":"higher-is-better"}},{"name":"toxicity","scale":{"min":0,"max":1,"step":0,"direction":"lower-is-better"}}]}""");
        var input = Input() with { Files = [At("results.jsonl")] };
        var set = TrainingSet.Of(TrainingReader.Read(input, Cancel), input, static _ => null);
        set.Judges[0].ShouldBe(new AggregatorJudge("x", new Scale(0, 4, 1), false, 0.25, "abc", "def"));
        set.Scores!.Scores.ShouldBe([0.25, 0.75]);
    }

    [Fact]
    public void A_judge_without_a_scale_gets_the_range_of_its_ratings_or_the_bulk_of_its_measurements()
    {
        var lines = Enumerable.Range(0, 1001).Select(static i => FormattableString.Invariant($$"""{"id":"{{i}}","group":"{{i % 7}}","scores":{"rating":{{1 + i % 5}},"reward":{{(i == 1000 ? 1e6 : i / 10.0)}},"same":3},"target":1}""")).ToArray();
        var rows = Read(lines);
        var set = TrainingSet.Of(rows, Input(), static _ => null);
        set.Judges.Select(static j => (j.Name, j.Scale.Min, j.Scale.Max, j.IsFitted)).ShouldBe([("rating", 1, 5, true), ("reward", 0.5, 99.5, true)]);
        set.LeftOut.ShouldHaveSingleItem().Judge.ShouldBe("same");
        set.Scores!.Row(1000)[1].ShouldBe(1, "clipped");
        set.Facts.Groups.ShouldBe(7);
        TrainingSet.Of(rows, Input(), static name => name == "same" ? new Scale(0, 4) : null).Judges.Count.ShouldBe(3);
    }

    [Fact]
    public void The_datas_hash_is_of_what_is_learned_from_and_of_nothing_else()
    {
        string HashOf(params string[] lines) => TrainingSet.Of(Read(lines), Input(), static _ => new Scale(0, 4)).Facts.Sha256;
        var hash = HashOf("""{"id":"a","group":"g","scores":{"x":1},"target":3}""");
        HashOf("""{ "group":"g", "id":"a", "scores":{"x":1.0}, "target":3e0, "more":[] }""").ShouldBe(hash);
        foreach (var other in new[]
        {
            """{"id":"b","group":"g","scores":{"x":1},"target":3}""", """{"id":"a","group":"h","scores":{"x":1},"target":3}""", """{"id":"a","group":"g","scores":{"x":2},"target":3}""",
            """{"id":"a","group":"g","scores":{"y":1},"target":3}""", """{"id":"a","group":"g","scores":{"x":1},"target":4}""",
        })
            HashOf(other).ShouldNotBe(hash);
    }

    private string At(string name) => Path.Combine(_folder, name);

    private TrainingInput Input() => new() { Files = [], Target = "target", RejectsPath = At("rejects.jsonl") };

    private TrainingRows Read(params string[] lines)
    {
        File.WriteAllText(At("rows.jsonl"), string.Join('\n', lines) + "\n");
        return TrainingReader.Read(Input() with { Files = [At("rows.jsonl")] }, Cancel);
    }
}
