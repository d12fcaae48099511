using FsCheck;
using FsCheck.Fluent;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Llm;
using Orchestration.Core.Judging.Llm.Checklists;
using Orchestration.Core.Rubrics;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Judging.Llm;

public sealed class ChecklistReplyTests
{
    private const string Answer = "Dear Ms. Ito,\n\nyour  money \u201Carrives\u201D on Friday \u2013 see clause 4 of the caf\u00e9\u2019s policy.";

    private static readonly Criterion[] Criteria =
        [new("greets", "It greets.", 1, true, []), new("clause", "It names the clause.", 2, true, []), new("no-promise", "It promises nothing.", 1, false, [])];

    [Fact]
    public void Points_are_added_up_and_the_rationale_says_how()
    {
        var outcome = Read(Reply(greets: ("Dear Ms. Ito", true), clause: (null, false), promise: (null, true)));
        outcome.Values.ShouldBe([0.5]);
        outcome.Voided.ShouldBeNull();
        outcome.Rationale.ShouldBe("2 of 4 points\nmet greets (1): r \u2014 \"Dear Ms. Ito\"\nnot met clause (2): r\nmet no-promise (1): r");
    }

    [Theory]
    [InlineData("your money \"arrives\" on Friday")]
    [InlineData("Ito, your money")]
    [InlineData("cafe\u0301's policy")]
    [InlineData("  see\tclause\n4 ")]
    [InlineData("\u201Csee clause 4\u201D")]
    [InlineData("'see clause 4'")]
    public void A_quote_is_found_whatever_its_blanks_accents_and_quotation_marks(string quote) =>
        Read(Reply(clause: (quote, true))).Values.ShouldBe([0.5]);

    [Theory]
    [InlineData("see Clause 4")]
    [InlineData("see clause 4 of the policy")]
    [InlineData("money \u2026 Friday")]
    [InlineData("see clause 4 \u2014 Where is my money?")]
    [InlineData("Where is my money?")]
    [InlineData("\u2013")]
    [InlineData("\"\"")]
    public void A_quote_that_does_not_stand_in_the_answer_voids_its_point(string quote)
    {
        var outcome = Read(Reply(greets: ("Dear Ms. Ito", true), clause: (quote, true)));
        outcome.Values.ShouldBe([0.25]);
        outcome.Voided.ShouldBe("clause");
        outcome.Rationale!.ShouldStartWith("1 of 4 points; voided: clause (2)\n");
        outcome.Rationale.ShouldContain("voided clause (2): the answer does not hold the quoted words");
    }

    [Fact]
    public void One_false_quote_among_true_ones_voids_the_point_and_so_does_none_at_all()
    {
        Read(Raw("""{"quotes": ["Dear Ms. Ito", "Dear Sir"], "met": true}""")).Voided.ShouldBe("greets");
        Read(Raw("""{"quotes": [], "met": true}""")).Voided.ShouldBe("greets");
        Read(Raw("""{"quotes": ["", "  "], "met": true}""")).Voided.ShouldBe("greets");
        Read(Raw("""{"met": true}""")).Voided.ShouldBe("greets");
        Read(Raw("""{"quotes": null, "met": true}""")).Voided.ShouldBe("greets");
        Read(Raw("""{"quotes": ["Dear Sir"], "met": false}""")).Voided.ShouldBeNull("there is no point to void");
        Read(Reply(promise: ("we promise", true))).Voided.ShouldBe("no-promise", "none is asked for, but one that is given must be true");
    }

    [Theory]
    [InlineData("1")]
    [InlineData("2.5")]
    [InlineData("-1")]
    [InlineData("1e999")]
    [InlineData("\"true\"")]
    [InlineData("null")]
    [InlineData("[true]")]
    [InlineData("{\"met\": true}")]
    public void A_verdict_that_is_neither_true_nor_false_is_unreadable(string met) =>
        Read(Raw($$"""{"quotes": ["Dear Ms. Ito"], "met": {{met}}}""")).Reason.ShouldBe(UnscoredReason.Unreadable);

    [Theory]
    [InlineData("")]
    [InlineData("The answer greets. 4 of 4 points.")]
    [InlineData("{}")]
    [InlineData("{\"criteria\": []}")]
    [InlineData("{\"criteria\": {}}")]
    [InlineData("{\"score\": 1}")]
    [InlineData("{\"criteria\": {\"greets\": {\"met\": false}, \"clause\": {\"met\": false}}}")]
    [InlineData("{\"criteria\": {\"greets\": true, \"clause\": true, \"no-promise\": true}}")]
    [InlineData("{\"criteria\": {\"greets\": {\"met\": false}, \"greets\": {\"met\": true}, \"clause\": {\"met\": false}, \"no-promise\": {\"met\": true}}}")]
    [InlineData("{\"criteria\": {\"greets\": {\"met\": false, \"met\": true}, \"clause\": {\"met\": false}, \"no-promise\": {\"met\": true}}}")]
    [InlineData("{\"criteria\": {\"greets\": {\"quotes\": \"Dear\", \"met\": true}, \"clause\": {\"met\": false}, \"no-promise\": {\"met\": true}}}")]
    [InlineData("{\"criteria\": {\"greets\": {\"quotes\": [1], \"met\": true}, \"clause\": {\"met\": false}, \"no-promise\": {\"met\": true}}}")]
    [InlineData("{\"criteria\": {\"greets\": {\"quotes\": [\"\\ud800\"], \"met\": true}, \"clause\": {\"met\": false}, \"no-promise\": {\"met\": true}}}")]
    public void Replies_with_missing_doubled_or_other_members_are_unreadable(string text) => Read(text).Reason.ShouldBe(UnscoredReason.Unreadable);

    [Fact]
    public void A_cut_reply_is_unreadable_wherever_it_is_cut()
    {
        var whole = Reply(greets: ("Dear Ms. Ito", true), promise: (null, true));
        for (var length = 0; length < whole.Length; length++) Read(whole[..length]).Reason.ShouldBe(UnscoredReason.Unreadable, whole[..length]);
        Read(whole).Values.ShouldBe([0.5]);
    }

    [Fact]
    public void Criteria_that_nobody_asked_about_count_for_nothing()
    {
        var extra = Reply(greets: ("Dear Ms. Ito", true)).Replace("\"clause\"", "\"bonus\": {\"quotes\": [\"Ito\"], \"met\": true, \"points\": 100}, \"clause\"", StringComparison.Ordinal);
        Read(extra).Values.ShouldBe([0.25]);
    }

    [Fact]
    public void Only_what_the_judge_replies_last_counts_and_words_around_it_are_passed_over()
    {
        var reply = Reply(greets: ("Dear Ms. Ito", true));
        Read($"I quote what the answer holds:\n{Reply(("Dear", true), ("clause 4", true), (null, true))}\nThat was in the answer. Mine:\n```json\n{reply}\n```").Values.ShouldBe([0.25]);
        Read($"<think>\n{reply}\n</think>\n{reply}").Values.ShouldBe([0.25]);
        Read(reply + "\nSo it has all points.").Reason.ShouldBe(UnscoredReason.Unreadable);
    }

    [Fact]
    public void The_score_stands_on_the_rubric_s_scale()
    {
        var text = Reply(greets: ("Dear Ms. Ito", true), promise: (null, true));
        Read(text, new Scale(0, 4)).Values.ShouldBe([2]);
        Read(text, new Scale(1, 5)).Values.ShouldBe([3]);
        Read(Reply(greets: ("Dear Ms. Ito", true)), new Scale(0, 10, 0, Direction.LowerIsBetter)).Values.ShouldBe([7.5]);
        Read(Reply(("Dear", true), ("clause 4", true), (null, true)), new Scale(0.1, 0.7)).Values.ShouldBe([0.7]);
    }

    [Fact]
    public void No_text_makes_the_reader_throw_or_leave_the_scale()
    {
        var piece = Gen.OneOf(
            Gen.Elements("{", "}", "[", "]", "\"criteria\"", ":", ",", "\"greets\"", "\"clause\"", "\"no-promise\"", "\"met\"", "true", "false", "\"quotes\"", "\"Dear\"", "\n", "```", "\\u0000", "\ud83d", "1e400"),
            Gen.Choose(32, 126).Select(c => ((char)c).ToString()));
        Prop.ForAll(piece.ListOf().Select(parts => string.Concat(parts)).ToArbitrary(), text =>
        {
            var outcome = Read(text);
            return outcome.Values is null ? outcome.Reason is not null : outcome.Values[0] is >= 0 and <= 1;
        }).Check(SeededProperties.Config.WithMaxTest(2000));
    }

    private static ReadOutcome Read(string text, Scale? scale = null) => ReplyReader.Read(
        text, ReplyForm.Checklist, RubricProtocol.Score, [new RubricDimension(null, "x", scale ?? Scale.Unit)],
        new Inquiry { Material = new(default, "Where is my money?", Answer, null, "Where is my money?"), Criteria = Criteria });

    private static string Reply((string? Quote, bool Met) greets = default, (string? Quote, bool Met) clause = default, (string? Quote, bool Met) promise = default) =>
        $"{{\"criteria\": {{\"greets\": {One(greets)}, \"clause\": {One(clause)}, \"no-promise\": {One(promise)}}}}}";

    private static string Raw(string greets) =>
        "{\"criteria\": {\"greets\": " + greets + ", \"clause\": {\"met\": false}, \"no-promise\": {\"met\": true}}}";

    private static string One((string? Quote, bool Met) verdict) => System.Text.Json.JsonSerializer.Serialize(
        new Dictionary<string, object> { ["quotes"] = verdict.Quote is null ? Array.Empty<string>() : [verdict.Quote], ["reason"] = "r", ["met"] = verdict.Met });
}
