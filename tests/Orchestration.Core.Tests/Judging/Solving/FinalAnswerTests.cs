using System.Text.Json;
using Orchestration.Core.Judging.Solving;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Judging.Solving;

public sealed class FinalAnswerTests
{
    [Theory]
    [InlineData("so the answer is FFFFF.", AnswerForm.Letters, "F")]
    [InlineData("first AAAAA, then BBBBB", AnswerForm.Letters, "B")]
    [InlineData("AAAAAA or xBBBBB", AnswerForm.Letters, null)]
    [InlineData("\\boxed{1} and \\boxed{\\frac{2}{5}}", AnswerForm.Boxed, "\\frac{2}{5}")]
    [InlineData("\\boxed{unclosed", AnswerForm.Boxed, null)]
    [InlineData("work\n#### 42\nmore", AnswerForm.Hashes, "42")]
    [InlineData("**4** pieces, **yes, no**.", AnswerForm.Bold, "yes, no")]
    [InlineData("**4**\n\nThe total is ****.", AnswerForm.Bold, "4")]
    [InlineData("Thinking.\n**Answer: Paris**", AnswerForm.Line, "Paris")]
    [InlineData("Thinking.\n**Answer**: 2*3", AnswerForm.Line, "2*3")]
    [InlineData("Answer: Lyon\n**Answer:** Paris\nAnswered by me: Rome", AnswerForm.Line, "Paris")]
    [InlineData("The answer: Paris", AnswerForm.Line, null)]
    public void A_final_answer_is_read_where_it_is_marked(string text, AnswerForm form, string? value) => (FinalAnswer.Read(text, form)?.Value).ShouldBe(value);

    [Theory]
    [InlineData("42", "so\nAnswer: 42.0", true)]
    [InlineData("1,200", "Answer: 1200", true)]
    [InlineData("-1", "Answer: 1", false)]
    [InlineData("The Eiffel Tower", "Answer: eiffel tower!", true)]
    [InlineData("x+1", "Answer: x1", false)]
    [InlineData("\\boxed{\\dfrac{2}{5}}", "hence \\boxed{\\frac{2}{5}}", true)]
    [InlineData("BBBBB", "I think CCCCC", false)]
    [InlineData("BBBBB", "I think B", null)]
    public void An_answer_is_right_wrong_or_not_given(string reference, string text, bool? right) => FinalAnswer.OfReference(reference)!.IsIn(text).ShouldBe(right);

    [Fact]
    public void What_is_right_is_taken_from_the_better_of_two_answers_only_where_code_can_tell_them_apart()
    {
        FinalAnswer.OfBetter("I say CCCCC", "I say DDDDD")!.Value.ShouldBe("C");
        FinalAnswer.OfBetter("I say CCCCC", "CCCCC for another reason").ShouldBeNull();
        FinalAnswer.OfBetter("def f(): return 1", "def f(): return 2").ShouldBeNull();
        FinalAnswer.OfReference("A long text.\nIn two lines.").ShouldBeNull();
    }

    [Fact]
    public void On_JudgeBench_code_can_check_most_questions_but_those_on_programs()
    {
        var (checkable, rows, programs) = (0, 0, 0);
        foreach (var line in File.ReadLines(PublicData.Require("judgebench/native/pairs-gpt4o.jsonl")))
        {
            using var row = JsonDocument.Parse(line);
            var root = row.RootElement;
            var isA = root.GetProperty("label").GetString() == "A>B";
            var (better, worse) = (root.GetProperty(isA ? "response_A" : "response_B").GetString()!, root.GetProperty(isA ? "response_B" : "response_A").GetString()!);
            rows++;
            if (FinalAnswer.OfBetter(better, worse) is not { } truth) continue;
            if (root.GetProperty("source").GetString()!.StartsWith("livecodebench", StringComparison.Ordinal)) programs++;
            checkable++;
            FinalAnswer.OfReference(truth.ToText()).ShouldBe(truth, "what is kept with the question says the same");
            truth.IsIn(better).ShouldBe(true);
            truth.IsIn(worse).ShouldNotBe(true);
        }

        rows.ShouldBe(350);
        checkable.ShouldBeGreaterThan(230);
        programs.ShouldBeLessThan(10);
    }
}
