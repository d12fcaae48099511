using System.Globalization;
using Orchestration.Core.Reports;
using Orchestration.Learning.Gating;

namespace Orchestration.Core.MetaEvaluation.Gates;

/// <summary>One threshold tested.</summary>
/// <param name="Threshold">What was asked.</param>
/// <param name="Gate">The test.</param>
/// <param name="Missing">Items left out because a value is missing on a side, or the item itself.</param>
/// <param name="Verdict">The gate's verdict; undecided where too much is missing.</param>
/// <param name="TooMuchMissing">True where that is why.</param>
public sealed record GateLine(GateThreshold Threshold, PairedGate Gate, int Missing, GateVerdict Verdict, bool TooMuchMissing);

/// <summary>All thresholds tested.</summary>
/// <param name="File">What was asked.</param>
/// <param name="Lines">One a threshold.</param>
/// <param name="Verdict">Fail where one fails, else undecided where one is, else pass.</param>
/// <param name="Meaning">What it means, a sentence a threshold that does not pass.</param>
public sealed record GateOutcome(GateFile File, IReadOnlyList<GateLine> Lines, GateVerdict Verdict, IReadOnlyList<string> Meaning);

/// <summary>Tests thresholds on results, paired by item and clustered by prompt.</summary>
public static class GateCheck
{
    /// <summary>What must be read for it.</summary>
    /// <param name="path">A file of results.</param>
    /// <param name="file">The thresholds.</param>
    /// <param name="group">The field of the prompt; null for the default.</param>
    /// <param name="rejects">Where bad rows go; null for nowhere.</param>
    public static FieldInput Input(string path, GateFile file, string? group, string? rejects)
    {
        ArgumentNullException.ThrowIfNull(file);
        return new FieldInput
        {
            Files = [path],
            Numbers = [.. file.Gates.Select(static g => g.Field).Distinct(StringComparer.Ordinal)],
            Texts = [.. file.Gates.Where(static g => g.WhereField is not null).Select(static g => g.WhereField!).Distinct(StringComparer.Ordinal)],
            Group = group,
            RejectsPath = rejects,
        };
    }

    /// <summary>Runs it. Each gate has the level that makes all of them together right with the stated chance (Bonferroni), so that the bounds shown are those decided by.</summary>
    /// <param name="file">The thresholds.</param>
    /// <param name="candidate">What is tested.</param>
    /// <param name="baseline">What it is held against; may be null where no threshold needs it.</param>
    public static GateOutcome Run(GateFile file, FieldRows candidate, FieldRows? baseline)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(candidate);
        if (baseline is null && file.NeedsBaseline) throw new OrchestrationException(ErrorCodes.Usage, $"'{file.Gates.First(static g => g.Bound is null).Name}' is held against a baseline. Name its results with --baseline.");
        var level = 1 - (1 - file.Level) / file.Gates.Count;
        GateLine[] lines = [.. file.Gates.Select(gate => Line(file, gate, candidate, baseline, level))];
        var verdict = Array.Exists(lines, static l => l.Verdict == GateVerdict.Fail) ? GateVerdict.Fail : Array.Exists(lines, static l => l.Verdict == GateVerdict.Undecided) ? GateVerdict.Undecided : GateVerdict.Pass;
        return new GateOutcome(file, lines, verdict, [.. lines.Where(static l => l.Verdict != GateVerdict.Pass).Select(l => Sentence(l, file))]);
    }

    private static GateLine Line(GateFile file, GateThreshold threshold, FieldRows candidate, FieldRows? baseline, double level)
    {
        var (differences, groups, missing) = (new List<double>(), new List<string>(), 0);
        var values = candidate.Number(threshold.Field);
        var sign = threshold.LowerIsBetter ? -1 : 1;
        var old = threshold.Bound is null ? Rows(baseline!) : [];
        var met = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < candidate.Count; i++)
        {
            if (!Counts(threshold, candidate, i)) continue;
            met.Add(candidate.Ids[i]);
            var against = threshold.Bound ?? (old.TryGetValue(candidate.Ids[i], out var at) ? baseline!.Number(threshold.Field)[at] : double.NaN);
            if (double.IsNaN(values[i]) || double.IsNaN(against))
            {
                missing++;
                continue;
            }

            differences.Add(sign * (values[i] - against));
            groups.Add(candidate.Groups[i]);
        }

        // An item that the candidate lacks altogether is missing, not forgotten.
        missing += old.Count(o => Counts(threshold, baseline!, o.Value) && !met.Contains(o.Key));
        // With nothing to pair with, a row that cannot be read is known by its being bad alone.
        if (threshold.Bound is not null) missing += candidate.Rejected;
        if (differences.Count == 0)
        {
            throw new OrchestrationException(ErrorCodes.Input,
                $"No item has a value for '{threshold.Name}': field '{threshold.Field}'{(threshold.WhereField is null ? "" : $" where '{threshold.WhereField}' is '{threshold.WhereIs}'")}{(threshold.Bound is null ? ", in both files under one id" : "")}. Check the thresholds and the files.");
        }

        var gate = PairedGate.Of([.. differences], FieldRows.Numbered(groups).Of, new GateTest(threshold.Margin, level, file.MinPrompts));
        var tooMuch = missing > file.MaxMissing * (missing + differences.Count);
        return new GateLine(threshold, gate, missing, tooMuch ? GateVerdict.Undecided : gate.Verdict, tooMuch);
    }

    private static Dictionary<string, int> Rows(FieldRows rows) => Enumerable.Range(0, rows.Count).ToDictionary(i => rows.Ids[i], static i => i, StringComparer.Ordinal);

    private static bool Counts(GateThreshold threshold, FieldRows rows, int row) => threshold.WhereField is not { } field || rows.Text(field)[row] == threshold.WhereIs;

    private static string Sentence(GateLine line, GateFile file)
    {
        var (name, gate) = (line.Threshold.Name, line.Gate);
        var reach = line.Threshold.Bound is { } bound ? $"{(line.Threshold.LowerIsBetter ? "at most" : "at least")} {ReportTable.Number(bound)}" : "the baseline";
        if (line.TooMuchMissing)
        {
            return string.Create(CultureInfo.InvariantCulture,
                $"{name}: undecided. {line.Missing:N0} of {line.Missing + gate.Items:N0} items lack a value on a side, more than {file.MaxMissing:0.##%}; what is missing may be what went wrong.");
        }

        if (line.Verdict == GateVerdict.Fail) return $"{name}: fails. It is worse than {reach} by more than {ReportTable.Number(line.Threshold.Margin)}: the difference lies between {ReportTable.Number(gate.Low)} and {ReportTable.Number(gate.High)}.";
        return $"{name}: undecided. The difference to {reach} lies between {ReportTable.Number(gate.Low)} and {ReportTable.Number(gate.High)}, {ReportTable.Number(-line.Threshold.Margin)} in or near it with {gate.Groups} prompts. "
            + $"It would be decided in four of five cases with {Count(gate.ItemsNeeded)} if the difference is as seen, with {Count(gate.ItemsNeededIfEqual)} if there is none.";
    }

    internal static string Count(double? items) => items is not { } some ? "more items" : double.IsInfinity(some) ? "no number of items" : string.Create(CultureInfo.InvariantCulture, $"{some:N0} items");
}
