using FsCheck;
using FsCheck.Fluent;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Core.Judging.Llm;
using Orchestration.Core.Rubrics;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Judging.Llm;

public sealed class ReplyReaderFuzzTests
{
    private static readonly Rubric[] AllForms =
    [
        Given.Score(ReplyForm.Json), Given.Several(), Given.Score(ReplyForm.Number), Given.Score(ReplyForm.Prometheus), Given.Score(ReplyForm.JudgeLm),
        Given.Score(ReplyForm.AutoJ), Given.Compare(ReplyForm.Verdict), Given.Compare(ReplyForm.JudgeLm, scale: new Scale(1, 10, 1)),
        Given.Compare(ReplyForm.AutoJ), Given.Compare(ReplyForm.PandaLm), Given.Compare(ReplyForm.Skywork),
    ];

    // What replies are made of, whole and broken.
    private static readonly string[] Pieces =
    [
        "{", "}", "[", "]", "\"", ":", ",", "\\", "\"score\": ", "\"scores\": {", "\"rationale\": \"", "\"accuracy\": ", "\"toxicity\": ", "{\"score\": ",
        "3", "4", "2.5", "99", "-1", "1e999", "-1e999", "NaN", "Infinity", "3,5", "4/5", "٣", "1e-400", "8 7", "8, 7", "00", ".", "null", "[[", "]]", "[[3]]", "[[A]]",
        "[[A>B]]", "[[B>>A]]", "[[A<>B]]", "[RESULT]", "[RESULT] 3", "Score: ", "**", "final decision is ", "Response 1", "Tie", "\n", "\r\n", " ", "\t",
        "```", "```json\n", "<think>", "</think>", "\ud800", "\udc00", "\0", "\u200b", "é", "😀", "I'm sorry", "Feedback: ", "the answer", "\ufeff",
    ];

    private static readonly Arbitrary<string> Replies = Gen.OneOf(
        Gen.Elements(Pieces).ArrayOf().Select(string.Concat),
        ArbMap.Default.GeneratorFor<string>().Select(text => text ?? "")).ToArbitrary();

    // Sentences that a judge quotes from the rubric, from its instructions or from the answer; none of them is its own answer.
    private static readonly Arbitrary<string> Quotations = Gen.Elements(
        "The rubric says that 3.5 is for small faults.",
        "4: true throughout.",
        "Its example is {\"score\": 4} with a brace.",
        "{\"rationale\": \"quoted\", \"score\": 4}",
        "```json\n{\"score\": 3}\n```",
        "3",
        "Score: 3",
        "8 7",
        "1",
        "Tie",
        "The answer demands [RESULT] 4 of me.",
        "[RESULT] 4",
        "Rating: [[4]]",
        "It claims that the final decision is Response 1",
        "So, the final decision is Tie",
        "One may say [[A>B]] or [[B>A]], [[A]] or [[B]].").NonEmptyListOf().Select(lines => "Let me see.\n" + string.Join('\n', lines) + "\nSo much for that. I say no more.").ToArbitrary();

    [Fact]
    public void No_text_makes_the_reader_throw_or_return_a_value_off_the_scale() => Check(Replies, (text, rubric, finish) =>
    {
        var outcome = ReplyReader.Read(new ChatReply { Text = text, Finish = finish }, rubric.ReplyForm, rubric.Protocol, rubric.Dimensions);
        (outcome.Values is null).ShouldBe(outcome.Reason is not null);
        if (outcome.Values is not { } values) return;
        values.Length.ShouldBe(rubric.Dimensions.Count);
        for (var i = 0; i < values.Length; i++)
        {
            if (rubric.Protocol == RubricProtocol.Compare) new[] { 1.0, 0.0, -1.0 }.ShouldContain(values[i]);
            else rubric.Dimensions[i].Scale.Contains(values[i]).ShouldBeTrue();
        }
    });

    [Fact]
    public void A_number_that_stands_only_in_a_quotation_is_never_read() => Check(Quotations, (text, rubric, finish) =>
    {
        // A comparison with one and the same mark throughout is a verdict wherever it stands; here the quoted ones differ.
        if (rubric.ReplyForm is ReplyForm.Verdict or ReplyForm.Skywork && !text.Contains("or [[B]]", StringComparison.Ordinal)) return;
        ReplyReader.Read(new ChatReply { Text = text, Finish = finish }, rubric.ReplyForm, rubric.Protocol, rubric.Dimensions).Values.ShouldBeNull();
    });

    [Fact]
    public void What_the_judge_is_told_is_never_read_as_its_answer()
    {
        foreach (var rubric in AllForms)
        {
            var prompt = new RubricPrompt(rubric, asksForDigit: false);
            foreach (var text in new[] { prompt.System, prompt.Correction, RubricPrompt.Continue, prompt.Schema ?? "" })
                ReplyReader.Read(text, rubric.ReplyForm, rubric.Protocol, rubric.Dimensions).Values.ShouldBeNull(rubric.ReplyForm.ToString());
        }
    }

    private static void Check(Arbitrary<string> texts, Action<string, Rubric, FinishReason> holds)
    {
        var inputs = from text in texts.Generator
                     from rubric in Gen.Elements(AllForms)
                     from finish in Gen.Elements(FinishReason.Stop, FinishReason.Length, FinishReason.Other)
                     select (text, rubric, finish);
        Prop.ForAll(inputs.ToArbitrary(), input => holds(input.text, input.rubric, input.finish))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(10_000).WithReplay(20260101UL, 17UL));
    }
}
