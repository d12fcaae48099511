using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Judging.Code;

public sealed class RelevanceJudgeTests
{
    [Fact]
    public void One_word_by_hand()
    {
        // One term whatever its weight: count/(count + 1.2·(0.25 + 0.75·length/200)).
        Ask.Score("relevance", "photosynthesis", "photosynthesis").ShouldBe(1 / (1 + (1.2 * (0.25 + (0.75 * 1 / 200)))), 1e-15);
        Ask.Score("relevance", "photosynthesis", "photosynthesis is photosynthesis here").ShouldBe(2 / (2 + (1.2 * (0.25 + (0.75 * 4 / 200)))), 1e-15);
    }

    [Fact]
    public void Two_words_weigh_what_the_list_says()
    {
        // "the" stands in the first band, 0.01; "photosynthesis" in none, 6.44; "kitchens" in none, but its stem in the band of 3.86.
        var k = 1.2 * (0.25 + (0.75 * 1 / 200));
        Ask.Score("relevance", "the photosynthesis", "photosynthesis").ShouldBe(6.44 / 6.45 / (1 + k), 1e-12);
        Ask.Score("relevance", "the photosynthesis", "the").ShouldBe(0.01 / 6.45 / (1 + k), 1e-12);
        Ask.Score("relevance", "kitchens photosynthesis", "kitchen").ShouldBe(3.86 / (3.86 + 6.44) / (1 + k), 1e-12);
        Ask.Score("relevance", "42 photosynthesis", "42").ShouldBe(3.0 / (3.0 + 6.44) / (1 + k), 1e-12);
        Ask.Score("relevance", "x photosynthesis", "x").ShouldBe(1.0 / (1.0 + 6.44) / (1 + k), 1e-12);
    }

    [Fact]
    public void An_answer_to_the_question_beats_one_to_another()
    {
        const string Prompt = "How do plants turn sunlight into sugar?";
        var good = Ask.Score("relevance", Prompt, "Plants use sunlight to turn water and carbon dioxide into sugar.");
        var other = Ask.Score("relevance", Prompt, "Football is played by two teams of eleven into the evening.");
        good.ShouldBeGreaterThan(0.4);
        other.ShouldBeLessThan(0.1);
    }

    [Fact]
    public void An_answer_without_words_has_nothing_of_the_prompt() => Ask.Score("relevance", "Why?", "").ShouldBe(0);

    [Fact]
    public void Other_scripts_are_compared_by_their_words()
    {
        Ask.Score("relevance", "光合作用", "光合作用").ShouldBeGreaterThan(0.5);
        Ask.Score("relevance", "Что такое фотосинтез", "ФОТОСИНТЕЗ").ShouldBeGreaterThan(0.2);
    }

    [Theory]
    [InlineData("")]
    [InlineData("?!")]
    public void A_prompt_without_words_leaves_nothing_to_judge(string prompt) => Ask.NotApplicable("relevance", prompt, "answer");
}
