using Orchestration.Core.Judging.Code.Analysis;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Judging.Code;

public sealed class LengthFitJudgeTests
{
    [Theory]
    [InlineData("Answer in two sentences.", nameof(LengthUnit.Sentences), 2, 2)]
    [InlineData("Summarize it in one sentence.", nameof(LengthUnit.Sentences), 1, 1)]
    [InlineData("Use the word in a sentence.", nameof(LengthUnit.Sentences), 1, 1)]
    [InlineData("Write a 3-5 sentence description.", nameof(LengthUnit.Sentences), 3, 5)]
    [InlineData("Explain this in 50 words.", nameof(LengthUnit.Words), 45, 55)]
    [InlineData("Write a 200-word summary.", nameof(LengthUnit.Words), 180, 220)]
    [InlineData("Write about 100 words on trees.", nameof(LengthUnit.Words), 75, 125)]
    [InlineData("Write at least 200 words.", nameof(LengthUnit.Words), 200, double.PositiveInfinity)]
    [InlineData("Use no fewer than 200 words.", nameof(LengthUnit.Words), 200, double.PositiveInfinity)]
    [InlineData("More than 30 words, please.", nameof(LengthUnit.Words), 30, double.PositiveInfinity)]
    [InlineData("Keep it under 30 words.", nameof(LengthUnit.Words), 1, 30)]
    [InlineData("No more than 30 words, please.", nameof(LengthUnit.Words), 1, 30)]
    [InlineData("In up to 30 words.", nameof(LengthUnit.Words), 1, 30)]
    [InlineData("In 30 words or less.", nameof(LengthUnit.Words), 1, 30)]
    [InlineData("Between 100 and 150 words.", nameof(LengthUnit.Words), 100, 150)]
    [InlineData("100–150 words.", nameof(LengthUnit.Words), 100, 150)]
    [InlineData("Answer in one word.", nameof(LengthUnit.Words), 1, 1)]
    [InlineData("Return it as a single word.", nameof(LengthUnit.Words), 1, 1)]
    [InlineData("Write a paragraph about the sea.", nameof(LengthUnit.Paragraphs), 1, 1)]
    [InlineData("Write a poem of four lines.", nameof(LengthUnit.Lines), 4, 4)]
    [InlineData("Use 280 characters or less.", nameof(LengthUnit.Characters), 1, 280)]
    [InlineData("List five countries in Africa.", nameof(LengthUnit.Items), 5, 5)]
    [InlineData("Please give me 3 tips.", nameof(LengthUnit.Items), 3, 3)]
    [InlineData("Provide a list of ten ideas.", nameof(LengthUnit.Items), 10, 10)]
    public void A_prompt_that_names_a_length_is_read(string prompt, string unit, double least, double most)
    {
        var named = Demand(prompt).Named.ShouldHaveSingleItem();
        named.Unit.ToString().ShouldBe(unit);
        named.Least.ShouldBe(least, 1e-9);
        (named.Most == most || Math.Abs(named.Most - most) < 1e-9).ShouldBeTrue($"{named.Most}");
    }

    [Theory]
    [InlineData("He read 120 words per minute. How long did it take?")]
    [InlineData("James writes a 3-page letter to 2 friends twice a week.")]
    [InlineData("She wants to give each student 2 pens.")]
    [InlineData("In a 60-item quiz, 40% of the questions are easy.")]
    [InlineData("Create a dialogue between two characters.")]
    [InlineData("Write a sentenceless text using these three words: a, b and c.")]
    [InlineData("What is 3 + 4?")]
    [InlineData("")]
    public void A_number_in_passing_is_no_demand(string prompt) => Demand(prompt).Named.ShouldBeEmpty();

    [Theory]
    [InlineData("Is water wet? Answer yes or no.", 1, 80)]
    [InlineData("Briefly, what is a monad?", 5, 120)]
    [InlineData("Write a Python function that sorts.", 20, 700)]
    [InlineData("Write an essay on war.", 150, 1500)]
    [InlineData("Draft an email to my landlord.", 60, 500)]
    [InlineData("Explain how rain forms.", 50, 600)]
    [InlineData("Who wrote Faust?", 1, 300)]
    [InlineData("How many legs has a spider?", 1, 300)]
    [InlineData("Translate: guten Tag", 10, 600)]
    public void A_prompt_that_names_none_has_the_band_of_its_kind(string prompt, double least, double most)
    {
        Demand(prompt).Named.ShouldBeEmpty();
        Demand(prompt).Usual.ShouldBe(new LengthDemand(LengthUnit.Words, least, most));
    }

    [Fact]
    public void Half_and_twice_the_length_are_half_a_fit()
    {
        Ask.Score("length-fit", "Write at least 20 words.", Words(10)).ShouldBe(0.5);
        Ask.Score("length-fit", "Write at most 20 words.", Words(40)).ShouldBe(0.5);
        Ask.Score("length-fit", "Write at most 20 words.", Words(20)).ShouldBe(1);
        Ask.Score("length-fit", "Answer in two sentences.", "One. Two. Three. Four.").ShouldBe(0.5);
        Ask.Score("length-fit", "Explain how rain forms.", Words(25)).ShouldBe(0.5);
        Ask.Score("length-fit", "Explain how rain forms.", Words(1200)).ShouldBe(0.5);
    }

    [Theory]
    [InlineData("- a\n- b\n  - nested\n- c\n", 1)]
    [InlineData("1. a\n2. b", 2.0 / 3)]
    [InlineData("apples, pears, and plums", 1)]
    [InlineData("apples, pears and plums", 1)]
    [InlineData("apples\npears\nplums", 1)]
    [InlineData("apples", 1.0 / 3)]
    public void Things_are_counted_in_lists_lines_and_enumerations(string answer, double expected) =>
        Ask.Score("length-fit", "Name three fruits.", answer).ShouldBe(expected, 1e-12);

    [Fact]
    public void Of_several_demands_the_worst_kept_counts() =>
        Ask.Score("length-fit", "Write two paragraphs. Use at most 10 words.", "One two three.\n\nFour five six.\n\nSeven.").ShouldBe(2.0 / 3, 1e-12);

    [Fact]
    public void Paragraphs_are_blocks_between_blank_lines() =>
        Ask.Score("length-fit", "Write two paragraphs.", "# Title\n\nOne\nstill one.\n\n\nTwo.").ShouldBe(1);

    [Theory]
    [InlineData("")]
    [InlineData("   \n")]
    public void No_answer_fits_no_demand(string answer) => Ask.Score("length-fit", "Say anything.", answer).ShouldBe(0);

    private static PromptDemand Demand(string prompt)
    {
        var analysis = new TextAnalysis(new Vocabulary());
        analysis.Read(prompt);
        return PromptDemand.Read(analysis);
    }

    private static string Words(int count) => string.Join(' ', Enumerable.Range(0, count).Select(number => $"w{number}"));
}
