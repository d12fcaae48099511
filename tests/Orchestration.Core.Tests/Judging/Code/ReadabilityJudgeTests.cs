using Orchestration.Core.Judging.Code.Analysis;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Judging.Code;

public sealed class ReadabilityJudgeTests
{
    // Counted in a dictionary; one line a rule.
    [Theory]
    [InlineData(1, "cat", "the", "be", "scale", "called", "curled", "rules", "eyes", "strength", "whole", "my", "queue")]
    [InlineData(2, "table", "handled", "people", "wanted", "boxes", "nation", "special", "city", "yellow", "region", "doing", "explained", "little", "café")]
    [InlineData(3, "media", "radio", "video", "medium", "usual", "important", "committee", "banana", "studying", "examples", "fluoride")]
    [InlineData(4, "significant", "information", "television", "recommended")]
    [InlineData(0, "bcd", "t", "")]
    public void Syllables_are_counted_by_the_stated_rules(int expected, params string[] words)
    {
        foreach (var word in words) Syllables.Count(word).ShouldBe(expected, word);
    }

    [Fact]
    public void Flesch_reading_ease_by_hand()
    {
        // 9 words, 1 sentence, 1+2+2+1+3+2+1+3+2 = 17 syllables: 206.835 − 1.015·9 − 84.6·17/9.
        Ask.Score("readability", "p", "The doctor explained the important results to every patient.").ShouldBe(37.9, 1e-9);

        // 4 and 5 words, 9 words in 2 sentences, 1+2+2+2 + 1+3+2+1+1 = 15 syllables.
        Ask.Score("readability", "p", "The doctor explained results. The important patient is here!")
            .ShouldBe(206.835 - (1.015 * 4.5) - (84.6 * 15 / 9), 1e-9);
    }

    [Fact]
    public void What_lies_off_the_scale_is_clipped()
    {
        Ask.Score("readability", "p", "The cat sat on the mat.").ShouldBe(100);
        Ask.Score("readability", "p", "Incomprehensibilities characterize internationalization.").ShouldBe(0);
    }

    [Fact]
    public void A_contraction_is_one_word() =>
        Ask.Score("readability", "p", "The patient's important medication wasn't available.")
            .ShouldBe(Ask.Score("readability", "p", "The patient’s important medication wasn’t available."));

    [Theory]
    [InlineData("e.g. the important doctor, Mr. Smith, explained it to J. Brown.")]
    [InlineData("It was 3.14 percent, an important result")]
    public void A_full_stop_within_a_sentence_ends_none(string text)
    {
        var analysis = new TextAnalysis(new Vocabulary());
        analysis.Read(text);
        analysis.SentenceCount.ShouldBe(1);
    }

    [Theory]
    [InlineData("One. Two! Three?", 3)]
    [InlineData("He said \"one.\" Then two.", 2)]
    [InlineData("# Title\nText\n\nMore text\n- item\n- item\n", 5)]
    [InlineData("Here is how:\nThen this", 2)]
    [InlineData("No, I can't. Yes, you can.", 2)]
    [InlineData("soft\nwrap", 1)]
    [InlineData("一。二！", 2)]
    [InlineData("```\ncode. here.\n```", 0)]
    [InlineData("", 0)]
    public void Sentences_end_at_terminals_and_where_blocks_of_Markdown_end(string text, int expected)
    {
        var analysis = new TextAnalysis(new Vocabulary());
        analysis.Read(text);
        analysis.SentenceCount.ShouldBe(expected);
    }

    [Theory]
    [InlineData("")]
    [InlineData("机器学习很有趣。")]
    [InlineData("Это другой язык, with one word.")]
    [InlineData("123 456")]
    [InlineData("```\nonly code here\n```")]
    public void Text_without_prose_in_Latin_letters_is_not_judged(string answer) => Ask.NotApplicable("readability", "p", answer);

    [Fact]
    public void Code_is_no_prose() => Ask.Score("readability", "p", "The doctor explained the important results to every patient.\n```\nx\n```")
        .ShouldBe(37.9, 1e-9);
}
