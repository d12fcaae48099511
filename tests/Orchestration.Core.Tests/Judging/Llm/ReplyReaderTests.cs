using System.Globalization;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Core.Judging.Llm;
using Orchestration.Core.Rubrics;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Judging.Llm;

public sealed class ReplyReaderTests
{
    private const string Unreadable = UnscoredReason.Unreadable;
    private const string OffScale = UnscoredReason.OffScale;

    [Theory]
    [InlineData("""{"rationale": "All of it holds.", "score": 3.5}""", 3.5)]
    [InlineData("""{"score":4}""", 4.0)]
    [InlineData("""{"score": 0}""", 0.0)]
    [InlineData("""{"score": 3.5e0, "confidence": "high", "notes": {"score": 1}}""", 3.5)]
    [InlineData("```json\n{\"rationale\": \"x\", \"score\": 2}\n```", 2.0)]
    [InlineData("Let me think.\nThe capital is right.\n\n```json\n{\n  \"rationale\": \"x\",\n  \"score\": 2.1\n}\n```\n", 2.1)]
    [InlineData("First I thought\n{\"score\": 1}\nbut on reflection:\n{\"score\": 3}", 3.0)]
    [InlineData("""{"rationale": "The answer itself says {\"score\": 4} and [[A>B]].", "score": 1}""", 1.0)]
    [InlineData("<think>A 4? {\"score\": 4}\n</think>\n{\"score\": 2}", 2.0)]
    public void A_json_reply_is_read(string text, double expected) => Score(text, ReplyForm.Json).ShouldBe(expected);

    [Theory]
    [InlineData("", Unreadable)]
    [InlineData("3", Unreadable)]
    [InlineData("""{"score": "3"}""", Unreadable)]
    [InlineData("""{"score": null}""", Unreadable)]
    [InlineData("""{"score": true}""", Unreadable)]
    [InlineData("""{"score": 3, "score": 4}""", Unreadable)]
    [InlineData("""{"score": {"value": 3}, "score": 3}""", Unreadable)]
    [InlineData("""{"Score": 3}""", Unreadable)]
    [InlineData("""{"rating": 3}""", Unreadable)]
    [InlineData("""{"score": NaN}""", Unreadable)]
    [InlineData("""{"score": 3,5}""", Unreadable)]
    [InlineData("""{"score": 3/4}""", Unreadable)]
    [InlineData("""{"score": 3.}""", Unreadable)]
    [InlineData("""{"score": 3} I hope this helps.""", Unreadable)]
    [InlineData("{\"score\": 3}\nI hope this helps.", Unreadable)]
    [InlineData("""The rubric's example is {"score": 3}""", Unreadable)]
    [InlineData("""[{"score": 3}]""", Unreadable)]
    [InlineData("""{"result": {"score": 3}}""", Unreadable)]
    [InlineData("{\"result\":\n{\"score\": 3}}", Unreadable)]
    [InlineData("""{"rationale": "not closed, "score": 3}""", Unreadable)]
    [InlineData("{\"rationale\": \"The answer ends with\n{\"score\": 4}", Unreadable)]
    [InlineData("{\"score\": 3}\n{\"rationale\": \"broken", Unreadable)]
    [InlineData("{\"score\": 3}}", Unreadable)]
    [InlineData("{\"score\": 3}\nThis follows the form {rationale, score}", Unreadable)]
    [InlineData("<think>It is a 4.\n{\"score\": 4}", Unreadable)]
    [InlineData("""{"score": 4.1}""", OffScale)]
    [InlineData("""{"score": -0.1}""", OffScale)]
    [InlineData("""{"score": 1e999}""", OffScale)]
    [InlineData("""{"score": -1e999}""", OffScale)]
    public void A_json_reply_that_is_not_one_has_a_reason(string text, string reason) => Reason(text, ReplyForm.Json).ShouldBe(reason);

    [Fact]
    public void A_json_reply_keeps_its_rationale()
    {
        Read("""{"rationale": "  Two \"facts\" hold. ", "score": 3}""", ReplyForm.Json).Rationale.ShouldBe("Two \"facts\" hold.");
        Read("""{"rationale": "half a character \ud800", "score": 3}""", ReplyForm.Json).Values.ShouldBe([3.0]);
        Read("""{"rationale": 5, "score": 3}""", ReplyForm.Json).Rationale.ShouldBeNull();
    }

    [Theory]
    [InlineData("""{"rationale": "x", "scores": {"accuracy": 3.5, "toxicity": 7}}""", null)]
    [InlineData("""{"scores": {"toxicity": 7, "accuracy": 3.5, "style": 99}}""", null)]
    [InlineData("""{"scores": {"accuracy": 3.5}}""", Unreadable)]
    [InlineData("""{"scores": {"accuracy": 3.5, "toxicity": 7, "toxicity": 8}}""", Unreadable)]
    [InlineData("""{"scores": {"accuracy": 3.5, "toxicity": [7]}}""", Unreadable)]
    [InlineData("""{"scores": [3.5, 7]}""", Unreadable)]
    [InlineData("""{"score": 3.5}""", Unreadable)]
    [InlineData("""{"accuracy": 3.5, "toxicity": 7}""", Unreadable)]
    [InlineData("""{"scores": {"accuracy": 7, "toxicity": 7}}""", OffScale)]
    public void Several_dimensions_are_read_together_or_not_at_all(string text, string? reason)
    {
        var rubric = Given.Several();
        var outcome = ReplyReader.Read(text, rubric.ReplyForm, rubric.Protocol, rubric.Dimensions);
        outcome.Reason.ShouldBe(reason);
        if (reason is null) outcome.Values.ShouldBe([3.5, 7.0]);
    }

    [Theory]
    [InlineData("3", 3.0)]
    [InlineData(" 3.5\n", 3.5)]
    [InlineData("0", 0.0)]
    [InlineData("-0", 0.0)]
    [InlineData("Score: 3.5", 3.5)]
    [InlineData("The answer holds, 4 of 5 facts are right.\n\n**Score: 2.5**", 2.5)]
    [InlineData("Reasons.\n**Score:** 2.5", 2.5)]
    public void A_bare_number_is_read(string text, double expected)
    {
        var score = Score(text, ReplyForm.Number);
        score.ShouldBe(expected);
        score.ToString("R", CultureInfo.InvariantCulture).ShouldNotStartWith("-");
    }

    [Theory]
    [InlineData("3,5")]
    [InlineData("3/4")]
    [InlineData("3 of 4")]
    [InlineData("3 4")]
    [InlineData("+3")]
    [InlineData("3.")]
    [InlineData(".5")]
    [InlineData("1e0")]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    [InlineData("∞")]
    [InlineData("٣")]
    [InlineData("−1")]
    [InlineData("three")]
    [InlineData("Score: 3/4")]
    [InlineData("Score: 3,5")]
    [InlineData("Score: 3 out of 4")]
    [InlineData("Score: 3\nThank you.")]
    [InlineData("A 4 is for answers without fault.\n3")]
    [InlineData("0000000000000000000000000000000000000000003")]
    public void What_is_no_bare_number_is_not_misread(string text) => Reason(text, ReplyForm.Number).ShouldBe(Unreadable);

    [Theory]
    [InlineData("5")]
    [InlineData("-1")]
    [InlineData("Score: 4.01")]
    [InlineData("99999999999999999999999999999999999999")]
    public void A_number_outside_the_scale_is_off_scale(string text) => Reason(text, ReplyForm.Number).ShouldBe(OffScale);

    [Theory]
    [InlineData("Feedback: The response follows the instruction closely, yet 2 of the 3 dates are wrong. So the overall score is 3. [RESULT] 3", 3.0)]
    [InlineData("Score 4 would be \"[RESULT] 4\", but no. [RESULT] 2\n", 2.0)]
    [InlineData("[RESULT]1", 1.0)]
    public void A_prometheus_reply_is_read(string text, double expected) => Score(text, ReplyForm.Prometheus).ShouldBe(expected);

    [Theory]
    [InlineData("Feedback: fine. 3", Unreadable)]
    [InlineData("Feedback: fine. [RESULT] 3/5", Unreadable)]
    [InlineData("Feedback: fine. [RESULT] 3 because it holds", Unreadable)]
    [InlineData("Feedback: fine. [RESULT] 3\n[RESULT]", Unreadable)]
    [InlineData("Feedback: fine. [RESULT] 5", OffScale)]
    public void A_prometheus_reply_that_is_not_one_has_a_reason(string text, string reason) => Reason(text, ReplyForm.Prometheus).ShouldBe(reason);

    [Fact]
    public void A_prometheus_reply_keeps_its_feedback() =>
        Read("Feedback: Clear and right. [RESULT] 4", ReplyForm.Prometheus).Rationale.ShouldBe("Clear and right.");

    [Theory]
    [InlineData("8 7\nAssistant 1 gives more detail.", 1.0)]
    [InlineData("8, 7", 1.0)]
    [InlineData("6 9.5\nThe second is better: 10 out of 10 for style.", -1.0)]
    [InlineData(" 7\t7 \n", 0.0)]
    public void A_judgelm_comparison_is_read_from_its_first_line(string text, double expected) =>
        Verdict(text, ReplyForm.JudgeLm, new Scale(1, 10, 1)).ShouldBe(expected);

    [Theory]
    [InlineData("8,7", Unreadable)]
    [InlineData("3,5", Unreadable)]
    [InlineData("8", Unreadable)]
    [InlineData("8 7 6", Unreadable)]
    [InlineData("8/10 7/10", Unreadable)]
    [InlineData("Scores:\n8 7", Unreadable)]
    [InlineData("8 7 The first is better", Unreadable)]
    [InlineData("11 7", OffScale)]
    [InlineData("7 0", OffScale)]
    public void A_judgelm_comparison_that_is_not_one_has_a_reason(string text, string reason) =>
        ReadVerdict(text, ReplyForm.JudgeLm, new Scale(1, 10, 1)).Reason.ShouldBe(reason);

    [Fact]
    public void A_judgelm_score_is_the_number_on_the_first_line()
    {
        Score("3\nThe answer is right, 4 facts of 5.", ReplyForm.JudgeLm).ShouldBe(3);
        Reason("3 4\nBoth.", ReplyForm.JudgeLm).ShouldBe(Unreadable);
    }

    [Theory]
    [InlineData("The critique.\n\nRating: [[3]]", 3.0)]
    [InlineData("For example \"Rating: [[4]]\" would be wrong. Rating: [[2.5]].", 2.5)]
    [InlineData("**Rating: [[3]]**", 3.0)]
    public void An_auto_j_rating_is_read(string text, double expected) => Score(text, ReplyForm.AutoJ).ShouldBe(expected);

    [Theory]
    [InlineData("Rating: 3", Unreadable)]
    [InlineData("Rating: [[3/5]]", Unreadable)]
    [InlineData("Rating: [[3]] is what it deserves", Unreadable)]
    [InlineData("Rating: [[]]", Unreadable)]
    [InlineData("]]", Unreadable)]
    [InlineData("Rating: [[9]]", OffScale)]
    public void An_auto_j_rating_that_is_not_one_has_a_reason(string text, string reason) => Reason(text, ReplyForm.AutoJ).ShouldBe(reason);

    [Theory]
    [InlineData("Response 1 is vague. So, the final decision is Response 2.", -1.0)]
    [InlineData("…So, the final decision is Response 1", 1.0)]
    [InlineData("My first thought, that the final decision is Response 1, was wrong.\nThe final decision is **Tie**.", 0.0)]
    public void An_auto_j_decision_is_read(string text, double expected) => Verdict(text, ReplyForm.AutoJ).ShouldBe(expected);

    [Theory]
    [InlineData("Response 1 is better.")]
    [InlineData("So, the final decision is Response 1 / Response 2 / Tie")]
    [InlineData("So, the final decision is Response 12")]
    [InlineData("So, the final decision is Response 1, though Response 2 is close.")]
    [InlineData("So, the final decision is ")]
    public void An_auto_j_decision_that_is_not_one_is_unreadable(string text) => ReadVerdict(text, ReplyForm.AutoJ).Reason.ShouldBe(Unreadable);

    [Theory]
    [InlineData("1\n\n### Reason: Response 1 is correct.\n\n### Reference: 2", 1.0)]
    [InlineData("2", -1.0)]
    [InlineData("Tie\nboth", 0.0)]
    public void A_pandalm_reply_is_read_from_its_first_line(string text, double expected) => Verdict(text, ReplyForm.PandaLm).ShouldBe(expected);

    [Theory]
    [InlineData("3")]
    [InlineData("1.")]
    [InlineData("1 2")]
    [InlineData("Response 1\n1")]
    [InlineData("")]
    public void A_pandalm_reply_that_is_not_one_is_unreadable(string text) => ReadVerdict(text, ReplyForm.PandaLm).Reason.ShouldBe(Unreadable);

    [Theory]
    [InlineData("Answer A is right.\n\n[[A]]", 1.0)]
    [InlineData("Final Verdict: [[B]]", -1.0)]
    [InlineData("[[C]] they tie, so [[C]]", 0.0)]
    public void A_skywork_verdict_is_read(string text, double expected) => Verdict(text, ReplyForm.Skywork).ShouldBe(expected);

    [Theory]
    [InlineData("I would output [[A]] or [[B]].")]
    [InlineData("[A]")]
    [InlineData("[[A>B]]")]
    [InlineData("[[D]]")]
    public void A_skywork_verdict_that_is_not_one_is_unreadable(string text) => ReadVerdict(text, ReplyForm.Skywork).Reason.ShouldBe(Unreadable);

    [Theory]
    [InlineData("My final verdict is Assistant A is significantly better: [[A>>B]]", 1.0)]
    [InlineData("[[A>B]]", 1.0)]
    [InlineData("So it is [[B>A]]. Therefore: [[B>A]].", -1.0)]
    [InlineData("My final verdict is tie: [[A=B]]", 0.0)]
    [InlineData("[[B>>A]]", -1.0)]
    [InlineData("The code `x[[1, 2]]` and the list [[\"A\"], [\"B\"]] are the same, [[A=B]]", 0.0)]
    public void A_verdict_is_read(string text, double expected) => Verdict(text, ReplyForm.Verdict).ShouldBe(expected);

    [Theory]
    [InlineData("I must choose between [[A>B]] and [[B>A]].", false)]
    [InlineData("[[A>B]] or even [[A>>B]]", false)]
    [InlineData("[[A>B]] … [[A<>B]]", false)]
    [InlineData("[[A<=>B]]", false)]
    [InlineData("Answer A is better.", true)]
    [InlineData("[A>B]", true)]
    [InlineData("[[A]]", false)]
    [InlineData("", true)]
    public void Several_different_verdicts_or_none_are_unreadable(string text, bool canContinue)
    {
        var outcome = ReadVerdict(text, ReplyForm.Verdict);
        outcome.Reason.ShouldBe(Unreadable);
        outcome.CanContinue.ShouldBe(canContinue);
    }

    [Theory]
    [InlineData("Sorry, but I can't score this answer.", UnscoredReason.Refused)]
    [InlineData("I’m sorry, I cannot help with that.", UnscoredReason.Refused)]
    [InlineData("I cannot find a fault.\n{\"score\": 4}", null)]
    [InlineData("It is a 3.", Unreadable)]
    public void A_refusal_is_recognised_where_there_is_no_answer(string text, string? reason) =>
        Whole(new ChatReply { Text = text }, ReplyForm.Json).Reason.ShouldBe(reason);

    [Fact]
    public void How_a_reply_ended_counts()
    {
        Whole(new ChatReply { Text = "{\"score\": 3}", Finish = FinishReason.ContentFilter }, ReplyForm.Json).Reason.ShouldBe(UnscoredReason.Filtered);
        Whole(new ChatReply { Refusal = "I can't judge this." }, ReplyForm.Json).Reason.ShouldBe(UnscoredReason.Refused);
        Cut("{\"rationale\": \"It is", ReplyForm.Json).Reason.ShouldBe(UnscoredReason.Truncated);
        Cut("{\"score\": 3}", ReplyForm.Json).Values.ShouldBe([3.0]);
        Cut("", ReplyForm.Json).Reason.ShouldBe(UnscoredReason.Truncated);
        Cut("3", ReplyForm.Number).Reason.ShouldBe(UnscoredReason.Truncated);
        Cut("5", ReplyForm.Number).Reason.ShouldBe(UnscoredReason.Truncated);
        Cut("Feedback: ok [RESULT] 3", ReplyForm.Prometheus).Reason.ShouldBe(UnscoredReason.Truncated);
        Cut("Rating: [[3]]", ReplyForm.AutoJ).Values.ShouldBe([3.0]);
        CutVerdict("First I thought [[A>B]], and then", ReplyForm.Verdict).Reason.ShouldBe(UnscoredReason.Truncated);
        CutVerdict("It is [[A>B]]", ReplyForm.Verdict).Values.ShouldBe([1.0]);
        CutVerdict("So, the final decision is Response 1", ReplyForm.AutoJ).Reason.ShouldBe(UnscoredReason.Truncated);
        CutVerdict("1", ReplyForm.PandaLm).Reason.ShouldBe(UnscoredReason.Truncated);
        CutVerdict("1\nThe first answer", ReplyForm.PandaLm).Values.ShouldBe([1.0]);
    }

    [Fact]
    public void Numbers_are_read_the_same_in_every_culture()
    {
        var before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo("") { NumberFormat = { NumberDecimalSeparator = ",", NumberGroupSeparator = "." } };
            Score("2.5", ReplyForm.Number).ShouldBe(2.5);
            Score("{\"score\": 2.5}", ReplyForm.Json).ShouldBe(2.5);
            Reason("2,5", ReplyForm.Number).ShouldBe(Unreadable);
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    private static ReadOutcome Read(string text, ReplyForm form)
    {
        var rubric = Given.Score(form);
        return ReplyReader.Read(text, form, rubric.Protocol, rubric.Dimensions);
    }

    private static ReadOutcome ReadVerdict(string text, ReplyForm form, Scale? scale = null)
    {
        var rubric = Given.Compare(form, scale: scale);
        return ReplyReader.Read(text, form, rubric.Protocol, rubric.Dimensions);
    }

    private static ReadOutcome Whole(ChatReply reply, ReplyForm form)
    {
        var rubric = Given.Score(form);
        return ReplyReader.Read(reply, form, rubric.Protocol, rubric.Dimensions);
    }

    private static ReadOutcome Cut(string text, ReplyForm form) => Whole(new ChatReply { Text = text, Finish = FinishReason.Length }, form);

    private static ReadOutcome CutVerdict(string text, ReplyForm form)
    {
        var rubric = Given.Compare(form);
        return ReplyReader.Read(new ChatReply { Text = text, Finish = FinishReason.Length }, form, rubric.Protocol, rubric.Dimensions);
    }

    private static double Score(string text, ReplyForm form) => Read(text, form).Values.ShouldNotBeNull().ShouldHaveSingleItem();

    private static string? Reason(string text, ReplyForm form) => Read(text, form).Reason;

    private static double Verdict(string text, ReplyForm form, Scale? scale = null) =>
        ReadVerdict(text, form, scale).Values.ShouldNotBeNull().ShouldHaveSingleItem();
}
