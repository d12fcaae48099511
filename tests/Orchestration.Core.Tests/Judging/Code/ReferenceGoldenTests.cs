using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Judging.Code;

/// <summary>
/// Digits of an independent implementation of the published definitions: Counters of n-grams for chrF (sacrebleu 2's formula with effective
/// order), the SQuAD 1.1 evaluation script's normalisation and F1, and the textbook table of the longest common subsequence for ROUGE-L,
/// written in Python 3.11 with its own str.lower, str.split and regular expressions.
/// </summary>
public sealed class ReferenceGoldenTests
{
    private const double Tolerance = 1e-9;

    /// <summary>Answer, reference, exact match, token F1, ROUGE-L, chrF.</summary>
    public static TheoryData<string, string, double, double, double, double> Goldens => new()
    {
        { "The cat sat on the mat.", "The cat sat on the mat.", 1, 1.0, 1.0, 100.0 },
        { "The cat sat on the mat.", "A cat was sitting on the mat.", 0, 0.6666666666666665, 0.6153846153846153, 39.78485169445028 },
        { "", "Something.", 0, 0.0, 0.0, 0.0 },
        { "Paris", "The capital of France is Paris.", 0, 0.33333333333333337, 0.2857142857142857, 14.792020371949022 },
        { "The quick brown fox jumps over the lazy dog.", "A fast brown fox leaps over a lazy dog.", 0, 0.7142857142857143, 0.5555555555555556, 49.34919071529837 },
        { "the the the the", "the cat the", 0, 0.0, 0.5714285714285715, 24.293744998840115 },
        { "don't stop state-of-the-art", "dont stop stateoftheart", 1, 1.0, 0.2, 54.9211757672055 },
        { "Größe der Straße", "Die Größe der Straßen", 0, 0.5714285714285715, 0.5714285714285715, 77.94644101030038 },
        { "机器学习很有趣", "机器学习非常有趣", 0, 0.0, 0.7999999999999999, 31.847544178282156 },
        { "Emoji 😀 ok 😀", "Emoji 😀 fine", 0, 0.5714285714285715, 0.5, 44.80085522270656 },
        { "abcdef", "abcdef", 1, 1.0, 1.0, 100.0 },
        { "abc", "abd", 0, 0.0, 0.0, 38.888888888888886 },
        { "ab", "ab", 1, 1.0, 1.0, 100.0 },
        { "a b c d e f g", "g f e d c b a", 0, 1.0, 0.14285714285714285, 16.666666666666668 },
        { "1, 2, 3 and 4", "1 2 3 4", 0, 0.888888888888889, 0.888888888888889, 20.0 },
        { "He said: “the—end” of an era", "He said the end of era", 0, 0.7272727272727272, 0.923076923076923, 41.30216932121402 },
        { "Line one\nline two\tline three", "line one line two line three", 1, 1.0, 1.0, 95.08768352589865 },
        { "banana bandana", "bandana banana banana", 0, 0.8, 0.4, 64.44214596566275 },
        { "To be, or not to be: that is the question.", "Whether 'tis nobler in the mind to suffer; to be or not to be.", 0, 0.5454545454545455, 0.5, 25.539763037433847 },
        { "x = 3*4 = 12; so y = 12.", "y = 12", 0, 0.5, 0.4444444444444445, 50.13984863441922 },
        { "A long answer repeats itself. A long answer repeats itself. A long answer repeats itself.", "A long answer repeats itself once, and only once, because once is enough.", 0, 0.3333333333333333, 0.3571428571428571, 41.574824215681495 },
        { "École", "école", 1, 1.0, 1.0, 54.33333333333333 },
    };

    [Theory]
    [MemberData(nameof(Goldens))]
    public void The_judges_with_a_reference_give_the_reference_implementations_digits(
        string answer, string reference, double exactMatch, double tokenF1, double rougeL, double chrf)
    {
        Ask.Score("exact-match", "p", answer, reference).ShouldBe(exactMatch);
        Ask.Score("token-f1", "p", answer, reference).ShouldBe(tokenF1, Tolerance);
        Ask.Score("rouge-l", "p", answer, reference).ShouldBe(rougeL, Tolerance);
        Ask.Score("chrf", "p", answer, reference).ShouldBe(chrf, Tolerance);
    }

    [Fact]
    public void Chrf_of_abc_for_abd_by_hand()
    {
        // n = 1: 2 of 3 match, n = 2: 1 of 2, n = 3: 0 of 1; n = 4 to 6 do not count. Precision = recall = (2/3 + 1/2 + 0)/3 = 7/18.
        Ask.Score("chrf", "p", "abc", "abd").ShouldBe(100 * 7.0 / 18, Tolerance);
    }

    [Fact]
    public void Chrf_weighs_recall_twice()
    {
        // One character given of two wanted: n = 1 only, precision 1, recall 1/2, F2 = 5·1·0.5/(4·1 + 0.5).
        Ask.Score("chrf", "p", "a", "ab").ShouldBe(100 * 2.5 / 4.5, Tolerance);
        Ask.Score("chrf", "p", "ab", "a").ShouldBe(100 * 2.5 / 3, Tolerance);
    }

    [Fact]
    public void Rouge_l_keeps_the_order_of_words()
    {
        // "police kill the gunman" has police, the, gunman in common: 3 of 4 both ways.
        Ask.Score("rouge-l", "p", "police kill the gunman", "police killed the gunman").ShouldBe(0.75);
        Ask.Score("rouge-l", "p", "the gunman kill police", "police killed the gunman").ShouldBe(0.5);
    }

    [Theory]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(129)]
    [InlineData(1000)]
    public void Rouge_l_agrees_with_the_textbook_table_across_word_boundaries(int length)
    {
        // Texts over few words, so that carries run through several 64-bit words.
        var answer = Words(length, 7919, 5);
        var reference = Words(length + 3, 104729, 7);
        var table = new int[answer.Length + 1, reference.Length + 1];
        for (var i = 0; i < answer.Length; i++)
            for (var j = 0; j < reference.Length; j++)
                table[i + 1, j + 1] = answer[i] == reference[j] ? table[i, j] + 1 : Math.Max(table[i, j + 1], table[i + 1, j]);
        var common = table[answer.Length, reference.Length];
        Ask.Score("rouge-l", "p", string.Join(' ', answer), string.Join(' ', reference))
            .ShouldBe(2.0 * common / (answer.Length + reference.Length), Tolerance);
    }

    [Theory]
    [InlineData("rouge-l", "?!")]
    [InlineData("chrf", " \n")]
    [InlineData("numeric-match", "no number")]
    public void A_reference_without_what_is_compared_leaves_nothing_to_judge(string id, string reference) =>
        Ask.NotApplicable(id, "p", "an answer with 1 number", reference);

    [Theory]
    [InlineData("", "", 1)]
    [InlineData("the", "a an", 1)]
    [InlineData("word", "", 0)]
    [InlineData("", "word", 0)]
    public void Without_words_only_nothing_matches_nothing(string answer, string reference, double expected)
    {
        Ask.Score("exact-match", "p", answer, reference).ShouldBe(expected);
        Ask.Score("token-f1", "p", answer, reference).ShouldBe(expected);
    }

    private static string[] Words(int count, int step, int vocabulary) =>
        [.. Enumerable.Range(1, count).Select(number => $"w{((long)number * number * step) % 1000003 % vocabulary}")];
}
