using System.Globalization;
using System.Text;
using Orchestration.Core.Pairs;
using Orchestration.Core.Rubrics;

namespace Orchestration.Core.Judging.Panels;

/// <summary>
/// What a judge of a panel is shown of what was said before: the others without names, and itself. Its hash stands in the address of the judgment
/// that is made after it.
/// </summary>
internal sealed class PanelView
{
    /// <summary>Raised whenever a word in which others are shown changes: it is part of the version of every panel whose judges are shown any.</summary>
    public const int Revision = 1;

    /// <summary>Raised whenever a word changes in which a judge by itself is shown its own judgment to revise: it is part of the address of every revised judgment.</summary>
    public const int RevisingRevision = 1;

    /// <summary>UTF-16 units of a rationale that are shown; bounds what a round adds to a prompt.</summary>
    public const int MaxRationale = 4000;

    /// <summary>UTF-8 bytes that one judge's words add to a prompt, at most: three a unit, its score and its heading.</summary>
    public const int MaxBytesPerJudge = (3 * MaxRationale) + 1000;

    /// <summary>Creates it.</summary>
    /// <param name="own">What the judge itself said in the round before; null for a closing judge and for one that had no judgment.</param>
    /// <param name="others">What the others said, in the order shown.</param>
    /// <param name="isClosing">True for the judge who decides.</param>
    public PanelView(string? own, IReadOnlyList<string> others, bool isClosing)
    {
        Own = own;
        Others = others;
        IsClosing = isClosing;
        Hash = PairHash.Of(["panel-view", Revision.ToString(CultureInfo.InvariantCulture), isClosing ? "closing" : "round", own ?? "", .. others]);
    }

    private PanelView(string own, string pointedOut)
    {
        Own = own;
        Others = [];
        PointedOut = pointedOut;
        Hash = PairHash.Of("revising-view", RevisingRevision.ToString(CultureInfo.InvariantCulture), own, pointedOut);
    }

    public string? Own { get; }

    /// <summary>What is pointed out to a judge that looks at its own judgment again; null in a panel.</summary>
    public string? PointedOut { get; }

    public IReadOnlyList<string> Others { get; }

    public bool IsClosing { get; }

    /// <summary>Of every word that is shown.</summary>
    public Hash128 Hash { get; }

    /// <summary>What a judge by itself is shown that is to revise its judgment.</summary>
    /// <param name="own">What it said.</param>
    /// <param name="pointedOut">What it is told, in whole sentences.</param>
    public static PanelView OfRevision(string own, string pointedOut) => new(own, pointedOut);

    /// <summary>A judgment in words: score or verdict on the first line, then the reasons.</summary>
    /// <param name="rubric">Says what the values are.</param>
    /// <param name="firstAnswer">What the first answer of a comparison is called.</param>
    /// <param name="secondAnswer">What the second one is called.</param>
    /// <param name="values">One for each dimension.</param>
    /// <param name="rationale">The reasons, where there are any.</param>
    public static string Statement(Rubric rubric, string firstAnswer, string secondAnswer, IReadOnlyList<double> values, string? rationale)
    {
        var text = new StringBuilder();
        if (rubric.Protocol == RubricProtocol.Compare)
            text.Append("Verdict: ").Append(values[0] > 0 ? $"{firstAnswer} is better" : values[0] < 0 ? $"{secondAnswer} is better" : "both are equally good");
        else if (values.Count == 1)
            text.Append("Score: ").Append(values[0].ToString("R", CultureInfo.InvariantCulture));
        else
            text.Append("Scores: ").AppendJoin(", ", rubric.Dimensions.Select((d, i) => $"{d.Name} {values[i].ToString("R", CultureInfo.InvariantCulture)}"));
        if (string.IsNullOrWhiteSpace(rationale)) return text.ToString();
        return text.Append("\nReasons: ").Append(Clip(rationale.Trim())).ToString();
    }

    private static string Clip(string rationale)
    {
        if (rationale.Length <= MaxRationale) return rationale;
        var length = char.IsHighSurrogate(rationale[MaxRationale - 1]) ? MaxRationale - 1 : MaxRationale;
        return string.Concat(rationale.AsSpan(0, length), " …");
    }
}
