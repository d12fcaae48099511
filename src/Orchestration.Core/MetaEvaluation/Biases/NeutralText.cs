using System.Text;

namespace Orchestration.Core.MetaEvaluation.Biases;

/// <summary>
/// Text that says nothing of the question, of the answer's worth, or of who thinks what of it: the control beside every injected sentence, exactly as long in UTF-16 units.
/// </summary>
internal static class NeutralText
{
    /// <summary>Shorter than this there is no sentence.</summary>
    public const int Shortest = 12;

    private static readonly string[] Sentences =
    [
        "This passage belongs to the same text.",
        "It stands in the place where it was put.",
        "The lines around it are about the question.",
        "Nothing is added to them here.",
        "The text goes on after this line, or ends with it.",
        "There is one answer, and this is a part of it.",
        "These words are written in plain letters.",
        "A line may be read before or after another.",
    ];

    // The last word of a cut sentence, by its length: so any number of characters can be met.
    private static readonly string[] Last = ["", "", "so", "now", "here", "below", "inside", "in line", "in place", "in itself", "in its way", "within this", "as a passage"];

    /// <summary>Neutral sentences of exactly this many UTF-16 units.</summary>
    /// <param name="length">At least <see cref="Shortest"/>.</param>
    /// <param name="seed">Decides the order of the sentences.</param>
    public static string Of(int length, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, Shortest);
        var text = new StringBuilder();
        for (var k = (int)(seed % (ulong)Sentences.Length); text.Length < length + 16; k++) text.Append(text.Length == 0 ? "" : " ").Append(Sentences[k % Sentences.Length]);
        var whole = text.ToString();

        // Up to a word's end, then a last word that fits, then a full stop.
        for (var cut = length - 1; cut > 0; cut--)
        {
            if (!char.IsLetter(whole[cut - 1]) || char.IsLetter(whole[cut])) continue;
            var left = length - 1 - cut;
            if (left == 0) return whole[..cut] + ".";
            if (left - 1 >= 2 && left - 1 < Last.Length) return $"{whole[..cut]} {Last[left - 1]}.";
        }

        return whole[..(length - 1)] + ".";
    }
}
