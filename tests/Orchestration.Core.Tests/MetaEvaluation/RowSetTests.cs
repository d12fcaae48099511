using System.IO.Compression;
using Orchestration.Core.MetaEvaluation;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.MetaEvaluation;

public sealed class RowSetTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void Annotators_come_before_judges_and_labels_in_their_order()
    {
        var set = Ratings(
            [],
            """{"id":"a","ratings":{"p":"no","q":"yes"},"judges":{"p":"yes"},"truth":"yes"}""",
            """{"id":"b","ratings":{"q":"unsure","r":null},"group":"g"}""",
            """{"id":"c","ratings":{"p":"no"},"group":"g","truth":"never said"}""");
        set.Raters.ShouldBe(["p", "q", "p"]);
        set.Annotators.ShouldBe(2);
        set.Labels.ShouldBe(["no", "unsure", "yes"]);
        set.IsNumeric.ShouldBeFalse();
        set.Truth.ShouldBe([2, -1, -1]);
        set.Table.GroupOf.ShouldBe([0, 1, 1]);
        set.Table.Level(0, 2).ShouldBe(2);
        set.Table.Level(1, 0).ShouldBe(-1);
    }

    [Fact]
    public void Numbers_are_their_values_and_a_list_is_of_raters_one_two_three()
    {
        var set = Ratings([], """{"id":1,"ratings":[3,1.5,null]}""", """{"id":2,"ratings":[10,2,2]}""");
        set.Raters.ShouldBe(["1", "2", "3"]);
        set.IsNumeric.ShouldBeTrue();
        set.Table.Values.ShouldBe([3, 1.5, double.NaN, 10, 2, 2]);
        set.Labels.ShouldBe(["1.5", "2", "3", "10"]);
    }

    [Fact]
    public void A_stated_order_of_labels_is_kept_to_and_has_to_name_them_all()
    {
        var set = Ratings(["low", "middle", "high"], """{"id":1,"ratings":{"p":"high","q":"low"}}""", """{"id":2,"ratings":{"p":"middle","q":"low"}}""");
        set.Table.Values.ShouldBe([2, 0, 1, 0]);
        Should.Throw<OrchestrationException>(() => Ratings(["low"], """{"id":1,"ratings":{"p":"high"}}""")).Message.ShouldContain("'high'");
    }

    [Fact]
    public void Comparisons_are_read_in_our_spelling_and_that_of_arenas()
    {
        var set = Ranking(
            looks: true,
            """{"prompt":"q","model_a":"x","model_b":"y","label":"A>B","answer_a":"# h\n- **b** c\n1. d","answer_b":""}""",
            """{"prompt":"q","model_a":"y","model_b":"x","winner":"model_a","length_a":5,"length_b":2}""",
            """{"model_a":"y","model_b":"x","winner":"tie (bothbad)","answer_a":"abc","answer_b":"a"}""",
            """{"model_a":"y","model_b":"y","winner":"tie"}""",
            """{"ranking":["x","y"]}""",
            """{"model_a":"y","model_b":"x","winner":"who knows"}""");
        (set.Rows, set.Prompts, set.Report.Rejected, set.HasLengths).ShouldBe((3, 2, 3, true));
        set.TieShare.ShouldBe(1 / 3.0);
        var data = set.Comparisons(withStyle: true);
        data.Halves.ShouldBe([2, 2, 1]);
        data.Style.AsSpan(0, 4).ToArray().ShouldBe([1, 1, 1, 1]);
        data.Style.AsSpan(8, 4).ToArray().ShouldBe([0.5, 0, 0, 0]);
        set.Against(0, 1).Halves.ShouldBe([2, 0, 1]);
        set.Against(0, 1).Longer.ShouldBe([18, -3, -2]);
        AnswerLook.Of("# h\n- **b** c\n1. d").ShouldBe(new AnswerLook(18, 1, 2, 1));
        AnswerLook.Of("#no header\n-no item\n10 percent\n**").ShouldBe(new AnswerLook(33, 0, 0, 0));
    }

    [Fact]
    public void Orders_are_read_from_lists_and_from_one_metric_a_row()
    {
        var set = Ranking(
            looks: false,
            """{"ranking":["x",["y","z"]]}""",
            """{"id":"loss","scores":{"x":2,"y":1,"z":null},"lower_is_better":true}""",
            """{"scores":{"x":2,"z":2}}""",
            """{"ranking":["x","x"]}""",
            """{"ranking":["x"]}""");
        (set.IsComparisons, set.Rows, set.Report.Rejected).ShouldBe((false, 3, 2));
        set.Models.ShouldBe(["x", "y", "z"]);
        var wins = set.Orders().Wins([1, 1, 1]);
        // x over y once, y over x once, x over z once and tied once, y tied with z once.
        wins.ShouldBe([0, 1, 1.5, 1, 0, 0.5, 0.5, 0.5, 0]);
    }

    [Fact]
    public void Csv_says_the_same_as_json_lines_with_a_column_for_each_rater()
    {
        var set = Ratings([], "id,ratings.gpt-4.1,ratings.anna,judges.mini,truth,group", "007,1,2,1,1,g", "b,,2,2,,h");
        set.Ids.ShouldBe(["007", "b"]);
        set.Raters.ShouldBe(["gpt-4.1", "anna", "mini"]);
        set.Annotators.ShouldBe(2);
        set.IsNumeric.ShouldBeTrue();
        set.Table.Values.ShouldBe([1, 2, 1, double.NaN, 2, 2]);
        set.Truth.ShouldBe([0, -1]);
    }

    [Fact]
    public void Csv_orders_end_with_their_last_model_and_verdicts_keep_their_length()
    {
        Ranking(looks: false, "ranking[0],ranking[1],ranking[2]", "x,y,z", "y,x,", "x,x,").ShouldSatisfyAllConditions(
            s => (s.IsComparisons, s.Rows, s.Report.Rejected).ShouldBe((false, 2, 1)),
            s => s.Report.FirstReject!.ShouldContain("line 4"),
            s => s.Orders().Wins([1, 1]).ShouldBe([0, 1, 1, 1, 0, 1, 0, 0, 0]));
        File.WriteAllLines(_file, ["id,label,verdicts.j[0],verdicts.j[1],scores.k[0],scores.k[1]", "a,A>B,A>B,,2,1.5", "b,B>A,B>A,A>B,,"]);
        var verdicts = RecordedVerdicts.Read(new RowInput { Files = [_file] }, Cancel);
        verdicts.Judges.ShouldBe(["j", "k"]);
        (verdicts.TallyOf(0).Correct, verdicts.TallyOf(0).Unreadable, verdicts.TallyOf(1).Correct).ShouldBe((2, 1, 1));
    }

    [Fact]
    public void Compressed_csv_from_standard_input_is_read_with_line_numbers_of_bad_rows()
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true)) gzip.Write("model_a,model_b,winner\nx,y,model_a\nx,x,tie\n\"x\",y,tie\n"u8);
        compressed.Position = 0;
        var set = RankingSet.Read(new RowInput { Files = ["-"], StandardInput = compressed, RejectsPath = _file }, false, Cancel);
        (set.Rows, set.TieShare, set.Report.Rejected).ShouldBe((2, 0.5, 1));
        File.ReadAllText(_file).ShouldContain("\"line\":3");
        Should.Throw<OrchestrationException>(() => RankingSet.Read(new RowInput { Files = ["-", "-"] }, false, Cancel)).Message.ShouldContain("named twice");
    }

    [Theory]
    [InlineData("1", true)]
    [InlineData("-0.5e3", true)]
    [InlineData("1e+7", true)]
    [InlineData("007", false)]
    [InlineData("+3", false)]
    [InlineData("1.", false)]
    [InlineData("-", false)]
    [InlineData("1e", false)]
    [InlineData("1.2.3", false)]
    [InlineData("NaN", false)]
    public void A_csv_field_is_a_number_where_json_would_have_it_so_and_a_text_otherwise(string field, bool isNumber)
    {
        File.WriteAllLines(_file, ["id,ratings.a", "x," + field]);
        RatingSet.Read(new RowInput { Files = [_file] }, [], Cancel).Labels.ShouldBe([field]);
        File.WriteAllLines(_file, ["id,scores.a,scores.b", "x,1," + field]);
        if (isNumber) RankingSet.Read(new RowInput { Files = [_file] }, false, Cancel).Rows.ShouldBe(1);
        else Should.Throw<OrchestrationException>(() => RankingSet.Read(new RowInput { Files = [_file] }, false, Cancel)).Message.ShouldContain("should be a number");
    }

    private RatingSet Ratings(string[] order, params string[] lines)
    {
        File.WriteAllLines(_file, lines);
        return RatingSet.Read(new RowInput { Files = [_file] }, order, Cancel);
    }

    private RankingSet Ranking(bool looks, params string[] lines)
    {
        File.WriteAllLines(_file, lines);
        return RankingSet.Read(new RowInput { Files = [_file] }, looks, Cancel);
    }
}
