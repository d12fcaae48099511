using System.Globalization;
using Orchestration.Core.Pairs;

namespace Orchestration.Core.Judging.Exemplars;

/// <summary>One row of a pool: a pair or a comparison that people, or a known truth, have judged already.</summary>
/// <param name="Prompt">What was asked.</param>
/// <param name="Answer">The answer, or answer A.</param>
/// <param name="AnswerB">Answer B of a comparison; null for a pair.</param>
/// <param name="Group">The prompt it belongs to.</param>
/// <param name="Label">The score on the pool's scale; of a comparison 1 (A), 0 (a tie) or −1 (B).</param>
public sealed record Exemplar(string Prompt, string Answer, string? AnswerB, string Group, double Label)
{
    /// <summary>UTF-16 units of each text that a judge is shown, at most; bounds what an exemplar adds to a prompt.</summary>
    public const int MaxShown = 4000;

    /// <summary>Of all that is shown of it.</summary>
    internal Hash128 Hash => PairHash.Of("exemplar", Prompt, Answer, AnswerB is null ? "pair" : "comparison", AnswerB ?? "", Label.ToString("R", CultureInfo.InvariantCulture));
}

/// <summary>A pool as it is fixed: for a sweep, all of it, so that resuming needs no file.</summary>
/// <param name="Name">Its name in the configuration.</param>
/// <param name="Count">How many a judge is shown, at most: 1–10.</param>
/// <param name="Rows">What was judged already.</param>
/// <param name="Min">Lowest label that its scale has; null where labels are on the rubric's scale, and for comparisons.</param>
/// <param name="Max">Highest label that its scale has; null together with <paramref name="Min"/>.</param>
public sealed record ExemplarSet(string Name, int Count, IReadOnlyList<Exemplar> Rows, double? Min = null, double? Max = null)
{
    /// <summary>The most rows of a pool: it is kept with every sweep that uses it.</summary>
    public const int MaxRows = 5000;

    /// <summary>The most characters of a pool's texts together.</summary>
    public const long MaxCharacters = 8_000_000;
}
