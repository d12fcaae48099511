using Orchestration.Core.Judging.Answers;
using Orchestration.Core.Pairs.Building;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Pairs.Building;

public sealed class AnswerCheckerTests
{
    [Theory]
    [InlineData("numeric-match", "42", "6 times 7 is 42.", AnswerVerdict.Right)]
    [InlineData("numeric-match", "42", "Answer: 41\nNo.\nAnswer: 42", AnswerVerdict.Right)]
    [InlineData("numeric-match", "#### 42", "Answer: 24", AnswerVerdict.Wrong)]
    [InlineData("numeric-match", "42", "I do not know.", AnswerVerdict.Unreadable)]
    [InlineData("exact-match", "Paris", "It is in France.\n**Answer:** paris.", AnswerVerdict.Right)]
    [InlineData("exact-match", "Paris", "Answer: Lyon", AnswerVerdict.Wrong)]
    [InlineData("exact-match", "Paris", "**Answer**: Paris", AnswerVerdict.Right)]
    [InlineData("exact-match", "Paris", "Paris", AnswerVerdict.Unreadable)]
    [InlineData("choice", "B", "Answer: (B)", AnswerVerdict.Right)]
    [InlineData("choice", "(b)", "answer: B) forty", AnswerVerdict.Right)]
    [InlineData("choice", "B", "Answer: A.", AnswerVerdict.Wrong)]
    [InlineData("choice", "B", "Answer: A or B", AnswerVerdict.Unreadable)]
    [InlineData("choice", "B", "Answer: Because", AnswerVerdict.Unreadable)]
    [InlineData("choice", "B", "B", AnswerVerdict.Unreadable)]
    public void An_answer_is_right_wrong_or_says_nothing_that_can_be_checked(string checker, string reference, string answer, AnswerVerdict verdict)
    {
        var check = AnswerChecker.Find(checker);
        check.CanCheck(reference).ShouldBeTrue();
        check.Check(reference, answer).ShouldBe(verdict);
    }

    [Fact]
    public void A_reference_that_cannot_be_checked_against_is_known_beforehand()
    {
        AnswerChecker.Find("numeric-match").CanCheck("many").ShouldBeFalse();
        AnswerChecker.Find("choice").CanCheck("the second one").ShouldBeFalse();
    }

    [Fact]
    public void An_answer_that_was_cut_off_proves_nothing_and_the_draw_of_one_question_does_not_depend_on_others()
    {
        var check = AnswerChecker.Find("numeric-match");
        var question = new Question("q", "?", "7", "g", null);
        BoughtAnswer[] answers = [Answer("7"), Answer("Answer: 7"), Answer("8"), Answer("9"), Answer("10 or", cut: true), new(null, false, "refused", false, default)];
        var built = PairBuild.Check(question, answers, check, seed: 3);
        (built.Right, built.Wrong, built.Unreadable).ShouldBe((2, 2, 2));
        Enumerable.Range(0, 20).Select(s => PairBuild.Check(question, answers, check, (ulong)s).Kept!.Value.Wrong).Distinct().Order(StringComparer.Ordinal).ShouldBe(["8", "9"]);
        PairBuild.Check(question, answers[..2], check, 3).Kept.ShouldBeNull();
        BuildCounts.Of([built, PairBuild.Check(question, answers[..2], check, 3), PairBuild.Check(question, answers[2..4], check, 3), PairBuild.Check(question, answers[4..], check, 3)]).ShouldBe(new BuildCounts(4, 1, 1, 1, 1, 4, 4, 4));

        static BoughtAnswer Answer(string text, bool cut = false) => new(text, cut, null, true, default);
    }

    [Fact]
    public void Half_of_the_comparisons_have_the_right_answer_first_whatever_the_seed()
    {
        var check = AnswerChecker.Find("numeric-match");
        BuiltQuestion[] built = [.. Enumerable.Range(0, 31).Select(n => PairBuild.Check(new Question($"q{n}", "?", "7", "g", null), [new("7", false, null, true, default), new("8", false, null, true, default)], check, 0))];
        for (var seed = 0UL; seed < 8; seed++) PairBuild.Lines(built, "m", "numeric-match", seed).Count(static l => l.Contains("\"A>B\"", StringComparison.Ordinal)).ShouldBeInRange(15, 16);
        PairBuild.Lines(built, "m", "numeric-match", 1).ShouldNotBe(PairBuild.Lines(built, "m", "numeric-match", 2));
    }
}
