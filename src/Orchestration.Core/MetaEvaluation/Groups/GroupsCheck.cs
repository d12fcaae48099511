using System.Globalization;
using Orchestration.Core.Aggregation.Training;
using Orchestration.Core.Experiments;
using Orchestration.Core.Reports;
using Orchestration.Learning.Fairness;
using Orchestration.Learning.Statistics;

namespace Orchestration.Core.MetaEvaluation.Groups;

/// <summary>One gap looked at.</summary>
/// <param name="What">A judge's name, or two groups of judges as <c>A − B</c>.</param>
/// <param name="Part">The rows' group that is held against all others; empty for all rows, held against 0.</param>
/// <param name="Gap">The gap, in shares of the scale.</param>
/// <param name="Corrected">Its p-value, corrected for all gaps looked at (Holm).</param>
public sealed record GroupsLine(string What, string Part, PartGap Gap, double Corrected)
{
    /// <summary>True where the gap is one that chance among so many would seldom make.</summary>
    public bool IsSure => Corrected < 0.05;
}

/// <summary>Gaps between groups of judges or of pairs.</summary>
/// <param name="Lines">All gaps looked at.</param>
/// <param name="LeftOut">Parts with fewer prompts than a test needs.</param>
/// <param name="MinPrompts">How many that is.</param>
/// <param name="Meaning">What the figures mean, a sentence each.</param>
public sealed record GroupsOutcome(IReadOnlyList<GroupsLine> Lines, IReadOnlyList<string> LeftOut, int MinPrompts, IReadOnlyList<string> Meaning);

/// <summary>Looks for unfairness: judges that treat some pairs otherwise than others do, against human scores and against one another.</summary>
public static class GroupsCheck
{
    /// <summary>Runs it.</summary>
    /// <param name="rows">Rows as read, with each row's part.</param>
    /// <param name="set">The same rows, mapped.</param>
    /// <param name="hasParts">True where parts were read.</param>
    /// <param name="judgeGroups">Groups of judges, as <see cref="JudgeGroups.Parse"/> reads them; may be empty.</param>
    /// <param name="targetRange">The human score's scale; null for the range of the rows.</param>
    /// <param name="minPrompts">Prompts that each side of a gap needs.</param>
    /// <exception cref="OrchestrationException">Comparisons, nothing to compare, or human scores that are all the same.</exception>
    public static GroupsOutcome Run(TrainingRows rows, TrainingSet set, bool hasParts, IReadOnlyList<string> judgeGroups, (double Low, double High)? targetRange, int minPrompts)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(set);
        if (set.Scores is not { } data) throw new OrchestrationException(ErrorCodes.Input, "These rows hold verdicts on comparisons, which have no human score to be held against. Name rows with scores.");
        string[] names = [.. set.Judges.Select(static j => j.Name)];
        var families = JudgeGroups.Parse(judgeGroups, names);
        if (!hasParts && families.Count < 2) throw new OrchestrationException(ErrorCodes.Usage, "There is nothing to compare. Name a field whose values group the rows with --by, or two groups of judges with --judge-groups NAME=JUDGE,JUDGE.");
        var (low, high) = targetRange ?? (data.Targets.Min(), data.Targets.Max());
        if (!(high > low)) throw new OrchestrationException(ErrorCodes.Input, "All human scores are the same: nothing can be held against them.");

        var (partOf, parts) = FieldRows.Numbered(hasParts ? rows.Parts : []);
        int[] numbered = hasParts ? [.. partOf.Select(p => parts[p].Length == 0 ? -1 : p)] : [];
        var found = new List<(string What, string Part, PartGap Gap)>();
        void Look(string what, double[] values)
        {
            if (hasParts) found.AddRange(PartGap.Of(values, numbered, parts.Count, data.GroupOf, minPrompts).Select(g => (what, parts[g.Part], g)));
        }

        for (var j = 0; j < names.Length; j++) Look(names[j], [.. Enumerable.Range(0, data.Rows).Select(i => data.Scores[i * data.Judges + j] - (data.Targets[i] - low) / (high - low))]);
        for (var a = 0; a < families.Count; a++)
        {
            for (var b = a + 1; b < families.Count; b++)
            {
                double[] apart = [.. Enumerable.Range(0, data.Rows).Select(i => Mean(data.Row(i), families[a].Judges) - Mean(data.Row(i), families[b].Judges))];
                var what = $"{families[a].Name} − {families[b].Name}";
                if (PartGap.FromZero(apart, data.GroupOf) is { } overall) found.Add((what, "", overall));
                Look(what, apart);
            }
        }

        var corrected = HolmCorrection.Of([.. found.Select(static f => f.Gap.PValue)]);
        GroupsLine[] lines = [.. found.Select((f, k) => new GroupsLine(f.What, f.Part, f.Gap, corrected[k]))];
        string[] leftOut = hasParts ? [.. Enumerable.Range(0, parts.Count).Where(p => parts[p].Length != 0 && Prompts(numbered, p, data.GroupOf) < minPrompts).Select(p => parts[p])] : [];
        var outcome = new GroupsOutcome(lines, leftOut, minPrompts, []);
        return outcome with { Meaning = Meaning(outcome) };
    }

    private static int Prompts(int[] partOf, int part, int[] groupOf) => Enumerable.Range(0, partOf.Length).Where(i => partOf[i] == part).Select(i => groupOf[i]).Distinct().Count();

    private static double Mean(ReadOnlySpan<double> scores, IReadOnlyList<int> judges)
    {
        var (sum, count) = (0.0, 0);
        foreach (var judge in judges)
        {
            if (double.IsNaN(scores[judge])) continue;
            (sum, count) = (sum + scores[judge], count + 1);
        }

        return count == 0 ? double.NaN : sum / count;
    }

    private static List<string> Meaning(GroupsOutcome outcome)
    {
        var sure = outcome.Lines.Where(static l => l.IsSure).OrderByDescending(static l => Math.Abs(l.Gap.Difference.Value)).ToArray();
        var sentences = new List<string>
        {
            outcome.Lines.Count == 0 ? "No gap could be looked at: no group and its others have enough prompts." : string.Create(CultureInfo.InvariantCulture, $"{sure.Length} of {outcome.Lines.Count} gaps are sure once it is counted how many were looked at (Holm, 5% for all together)."),
        };
        foreach (var line in sure.Take(5))
        {
            var by = ReportTable.Number(Math.Abs(line.Gap.Difference.Value));
            var between = $"{ReportTable.Number(line.Gap.Difference.Lower)} to {ReportTable.Number(line.Gap.Difference.Upper)}";
            var higher = line.Gap.Difference.Value > 0 ? "higher" : "lower";
            sentences.Add(line.Part.Length == 0
                ? $"{line.What}: the first score {by} of the scale {higher} than the second on the same answers ({between})."
                : line.What.Contains(" − ", StringComparison.Ordinal)
                    ? $"{line.What}: the distance is {by} of the scale {higher} on '{line.Part}' than elsewhere ({between})."
                    : $"{line.What} scores '{line.Part}' {by} of the scale {higher}, against human scores, than it scores the others ({between}).");
        }

        if (outcome.LeftOut.Count != 0) sentences.Add(string.Create(CultureInfo.InvariantCulture, $"Not tested, with fewer than {outcome.MinPrompts} prompts: {string.Join(", ", outcome.LeftOut)}."));
        if (sure.Length == 0 && outcome.Lines.Count != 0) sentences.Add("That no gap is sure does not say that there is none: the intervals say how large one could be.");
        return sentences;
    }
}
