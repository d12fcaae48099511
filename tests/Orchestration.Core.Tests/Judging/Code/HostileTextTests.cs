using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Code;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Judging.Code;

/// <summary>Texts of a megabyte that a judge with a quadratic step in it would not finish.</summary>
public sealed class HostileTextTests
{
    private const int Size = 1 << 20;

    public static TheoryData<string> Repeated =>
    [
        "a", "a ", ".", "!", "\n", " ", "\t", "(", "(1+", "1+", "1=", "1 ", "1", "1 + 1 = 2 ", "@", "aaa@", "a@b.co ", "sk-", "AKIA", "-----BEGIN ", "`", "```\n",
        "#", "# \n", "- a\n", "1. a\n", "|", "*", "**", "$", "\\", "\\boxed{", "\\frac{", "<<", "i can't ", "you ", "in two ", "list 5 ", "\ud800", "\udc00",
        "\ud83d\ude00", "日", "é", "'", "a'", "e", "=", "≈", "a b c d e f g h i j k l m n o p q r s t u v w x y z ", "the—",
    ];

    [Theory]
    [MemberData(nameof(Repeated))]
    public void A_megabyte_of_one_thing_is_scored(string piece) =>
        ShouldBeScored(string.Concat(Enumerable.Repeat(piece, Size / piece.Length)));

    [Fact]
    public void A_megabyte_of_different_words_is_scored() => ShouldBeScored(string.Join(' ', Enumerable.Range(0, 150_000).Select(number => $"w{number}")));

    [Fact]
    public void A_megabyte_of_recurring_words_is_scored() => ShouldBeScored(string.Join(' ', Enumerable.Range(0, 250_000).Select(number => $"w{number * 7919 % 1000}")));

    [Fact]
    public void A_megabyte_of_ideographs_is_scored() => ShouldBeScored(string.Concat(Enumerable.Range(0, Size).Select(number => (char)(0x4E00 + (number * 7919 % 20000)))));

    private static void ShouldBeScored(string text)
    {
        var judges = CodeJudges.All.ToArray();
        var judgments = new Judgment[judges.Length];
        CodeJudges.ScoreAll(Ask.Pair(text, text, text), judges, judgments);
        for (var i = 0; i < judges.Length; i++)
        {
            if (judgments[i].IsScored) judges[i].Scale.Contains(judgments[i].Value).ShouldBeTrue(judges[i].Id);
            else judgments[i].Reason.ShouldBe(UnscoredReason.NotApplicable, judges[i].Id);
        }
    }
}
