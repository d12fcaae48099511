using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Judging.Code;

/// <summary>Repetition, structure and ending.</summary>
public sealed class FormJudgesTests
{
    [Theory]
    [InlineData("a b c d a b c d", 0.2)] // abcd bcda cdab dabc abcd: one of five again
    [InlineData("one two three four five", 0)]
    [InlineData("go go go go go go", 2.0 / 3)] // one of three is new
    [InlineData("One two, three; FOUR. one TWO three four", 0.2)] // case and punctuation are nothing
    [InlineData("three words here", 0)]
    [InlineData("", 0)]
    public void Repetition_is_the_share_of_four_word_runs_that_occurred_before(string answer, double expected) =>
        Ask.Score("repetition", "p", answer).ShouldBe(expected, 1e-12);

    [Theory]
    [InlineData("aaaaaaaaaaaaaaaaaaaa", 1)]
    [InlineData("aaaaaaaaaaaaaaaaaaaa 12345678901234567890", 0.5)]
    [InlineData("aaaaaaaaaaaaaaa", 0)] // 15: a run is 16
    [InlineData("--------------------", 0)] // a rule
    public void Repetition_sees_one_letter_over_and_over(string answer, double expected) => Ask.Score("repetition", "p", answer).ShouldBe(expected, 1e-12);

    [Theory]
    [InlineData("Plain and short.", 1)]
    [InlineData("# Title\n\nText of the section, which says something that is worth a heading, at some length and with care, as one expects of it.", 1)]
    [InlineData("# A\n\n### B\n\nx", 0.7)] // more headings than text, and one jumps a level
    [InlineData("1. a\n2. b\n4. c", 0.9)]
    [InlineData("1. a\n1. b\n1. c", 1)]
    [InlineData("1. a\n   1. aa\n   2. ab\n2. b", 1)]
    [InlineData("3. a\n4. b", 1)]
    [InlineData("```\nx", 0.7)]
    [InlineData("```\nx\n```", 1)]
    [InlineData("| a | b |\n|---|---|\n| 1 |", 0.9)]
    [InlineData("| a | b |\n|---|---|\n| 1 | 2 |", 1)]
    [InlineData("**bold", 0.9)]
    [InlineData("**bold**", 1)]
    public void Structure_takes_off_for_each_fault(string answer, double expected) => Ask.Score("structure", "p", answer).ShouldBe(expected, 1e-12);

    [Theory]
    [InlineData(150, 1)]
    [InlineData(275, 0.8)]
    [InlineData(400, 0.6)]
    [InlineData(2000, 0.6)]
    public void Structure_takes_off_for_a_wall_of_text(int words, double expected) =>
        Ask.Score("structure", "p", string.Concat(Enumerable.Repeat("word\n", words))).ShouldBe(expected, 1e-12);

    [Fact]
    public void Structure_wants_a_program_in_a_fence_and_a_list_as_a_list()
    {
        Ask.Score("structure", "Write a Python function.", "def f(x):\n    return 1;").ShouldBe(0.7, 1e-12);
        Ask.Score("structure", "Write a Python function.", "```python\ndef f(x):\n    return 1;\n```").ShouldBe(1);
        var running = string.Concat(Enumerable.Repeat("and then comes another step ", 10));
        Ask.Score("structure", "List the steps.", running).ShouldBe(0.8, 1e-12);
        Ask.Score("structure", "List the steps.", "- " + running + "\n- more").ShouldBe(1);
        Ask.Score("structure", "Tell me.", running).ShouldBe(1);
    }

    [Theory]
    [InlineData("")]
    [InlineData("?!")]
    public void Structure_of_nothing_is_not_judged(string answer) => Ask.NotApplicable("structure", "p", answer);

    [Theory]
    [InlineData("It is done.", 1)]
    [InlineData("He said \"yes.\"", 1)]
    [InlineData("**Done!**", 1)]
    [InlineData("Paris", 1)]
    [InlineData("- a\n- b\n", 1)]
    [InlineData("The result is 42", 1)]
    [InlineData("```\ncode\n```", 1)]
    [InlineData("これで終わりです。", 1)]
    [InlineData("This answer goes on for quite some time and then it just stops here", 0.5)]
    [InlineData("First this, then", 1)] // short answers need no full stop
    [InlineData("First this,", 0)]
    [InlineData("Here is the list:", 0)]
    [InlineData("It works because", 0)]
    [InlineData("The reason is that the", 0)]
    [InlineData("```\ncode", 0)]
    [InlineData("Text.\n\n## Next", 0)]
    [InlineData("See (", 0)]
    public void Ending_sees_whether_the_answer_breaks_off(string answer, double expected) => Ask.Score("ending", "p", answer).ShouldBe(expected);

    [Theory]
    [InlineData("")]
    [InlineData(" \n ")]
    public void Ending_of_nothing_is_not_judged(string answer) => Ask.NotApplicable("ending", "p", answer);
}
