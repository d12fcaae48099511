using Orchestration.Core.MetaEvaluation.Probing;
using Orchestration.Learning.Intervals;
using Orchestration.Learning.Statistics;

namespace Orchestration.Core.MetaEvaluation.Biases;

/// <summary>From judgments before and after injections to how far each judge is moved by each bias, and what mitigations leave of it. docs/bias.md has the definitions.</summary>
public static class BiasStudy
{
    private static readonly Estimate None = new(double.NaN, double.NaN, double.NaN, double.NaN, 0);

    /// <summary>Runs it.</summary>
    /// <param name="probes">What was asked.</param>
    /// <param name="rows">What was said.</param>
    /// <param name="judges">The judges.</param>
    /// <param name="leftOut">Judges that were not asked, and why.</param>
    /// <param name="biases">Ids of the biases that are looked for, among <see cref="BiasCatalog.Ids"/>.</param>
    /// <param name="options">Resamples of prompts, seed, threads.</param>
    public static BiasOutcome Run(
        BiasProbes probes, JudgedRows rows, IReadOnlyList<BiasJudge> judges, IReadOnlyList<LeftOutJudge> leftOut, IReadOnlyList<string> biases, BootstrapOptions options)
    {
        ArgumentNullException.ThrowIfNull(probes);
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(judges);
        ArgumentNullException.ThrowIfNull(biases);
        var lines = new List<BiasLine>();
        var byBias = probes.All.GroupBy(static p => p.Bias.Id, StringComparer.Ordinal).ToDictionary(static g => g.Key, static g => g.ToArray(), StringComparer.Ordinal);
        foreach (var judge in judges)
        {
            if (biases.Contains(BiasCatalog.Position) && probes.Items[0].IsComparison && !rows.Scores(judge.Name)) lines.Add(PositionBias.Of(probes, rows, judge, options));
            var unit = Unit(probes, rows, judge.Name);
            var slopes = LengthSlopes.Of(byBias.GetValueOrDefault("length", []), rows, judge.Name, unit);
            foreach (var bias in BiasCatalog.Injected)
            {
                if (!biases.Contains(bias.Id) || !byBias.TryGetValue(bias.Id, out var mine) || (bias.IsOfReference && !judge.ReadsReference)) continue;
                lines.Add(Line(judge, bias, mine, rows, unit, slopes, options));
            }

            if (biases.Contains(BiasCatalog.SelfPreference)) lines.AddRange(SelfPreference.Of(probes, rows, judge, judges, options));
        }

        var corrected = HolmCorrection.Of([.. lines.Select(static l => l.PValue)]);
        BiasLine[] all = [.. lines.Select((line, k) => line with { Corrected = corrected[k] })];
        var outcome = new BiasOutcome(
            probes.Items[0].IsComparison ? Pairs.Reading.DataKind.Comparisons : Pairs.Reading.DataKind.Pairs,
            probes.Items.Count, probes.Items.Select(static i => i.Group).Distinct(StringComparer.Ordinal).Count(), all, probes.Unsuited, leftOut, []);
        return outcome with { Meaning = BiasMeaning.Of(outcome) };
    }

    private static BiasLine Line(BiasJudge judge, Bias bias, BiasProbe[] probes, JudgedRows rows, double unit, LengthSlopes slopes, BootstrapOptions options)
    {
        var seen = new List<(BiasProbe Probe, BiasResponse Response)>();
        foreach (var probe in probes)
        {
            if (BiasResponse.Of(rows, judge.Name, probe, unit) is { } response) seen.Add((probe, response));
        }

        var shift = new GroupedMean();
        foreach (var (probe, response) in seen) shift.Add(response.Shift, probe.Item.Group);
        var estimate = shift.Of(options);
        var mitigations = new List<BiasMitigation>();
        if (probes[0].Item.IsComparison && !rows.Scores(judge.Name))
            mitigations.Add(Mitigation("both orders", seen.Select(static s => (s.Response.Shift, s.Response.BothOrders, s.Probe.Item.Group)), 0, estimate, options));
        if (bias.ChangesLength && slopes.IsKnown)
            mitigations.Add(Mitigation("length control", seen.Select(s => (s.Response.Shift, s.Response.Shift - slopes.For(s.Probe) * s.Probe.LogLength, s.Probe.Item.Group)), 0, estimate, options));
        if (judge.Revised is { } revised)
        {
            var both = new List<(double, double, string)>();
            foreach (var (probe, response) in seen)
            {
                if (BiasResponse.Of(rows, revised, probe, unit) is { } second) both.Add((response.Shift, second.Shift, probe.Item.Group));
            }

            mitigations.Add(Mitigation("revision", both, probes.Length - both.Count, estimate, options));
        }

        return new BiasLine
        {
            Judge = judge.Name,
            Bias = bias.Id,
            Against = bias.Control,
            Rows = seen.Count,
            Prompts = shift.Groups,
            Unscored = probes.Length - seen.Count,
            Shift = estimate,
            Flips = Share(seen, static r => r.Toward + r.Away, options),
            Toward = Share(seen, static r => r.Toward, options),
            PValue = shift.PValue(options.Seed),
            IsInDeviations = !rows.Scales.ContainsKey(judge.Name) && unit != 1,
            Mitigations = mitigations,
        };
    }

    /// <summary>What is left, and what is removed in the direction of the shift itself.</summary>
    internal static BiasMitigation Mitigation(string name, IEnumerable<(double Before, double After, string Group)> rows, int unscored, in Estimate shift, BootstrapOptions options)
    {
        var (remaining, removed) = (new GroupedMean(), new GroupedMean());
        var sign = shift.Value < 0 ? -1 : 1;
        foreach (var (before, after, group) in rows)
        {
            remaining.Add(after, group);
            removed.Add(sign * (before - after), group);
        }

        return new BiasMitigation(name, remaining.Of(options), removed.Of(options), unscored);
    }

    private static Estimate Share(List<(BiasProbe Probe, BiasResponse Response)> seen, Func<BiasResponse, double> of, BootstrapOptions options)
    {
        var share = new GroupedMean();
        foreach (var (probe, response) in seen)
        {
            if (of(response) is var value && !double.IsNaN(value)) share.Add(value, probe.Item.Group);
        }

        return share.Count == 0 ? None : share.ShareOf(options);
    }

    /// <summary>What a shift is divided by: 1 on a stated scale, else the deviation of the judge's scores of untouched answers.</summary>
    private static double Unit(BiasProbes probes, JudgedRows rows, string judge)
    {
        if (!rows.Scores(judge) || rows.Scales.ContainsKey(judge)) return 1;
        var moments = default(RunningMoments);
        foreach (var item in probes.Items)
        {
            var said = rows.Of(BiasProbes.Before(item.Id), judge);
            if (!double.IsNaN(said.Score)) moments = moments.Add(said.Score);
            if (!double.IsNaN(said.ScoreB)) moments = moments.Add(said.ScoreB);
        }

        return moments.StandardDeviation > 0 ? moments.StandardDeviation : 1;
    }
}

/// <summary>
/// How much a judge gives for length alone: the slope of its shift on the logarithm of how much longer an answer became, through the origin, from the rows padded with text that says nothing. Prompts
/// are dealt into two halves, and each half is corrected by the slope of the other: no row is corrected by what it taught.
/// </summary>
internal sealed class LengthSlopes
{
    private readonly double[] _slopes = [double.NaN, double.NaN];

    public bool IsKnown => !double.IsNaN(_slopes[0]) && !double.IsNaN(_slopes[1]);

    public static LengthSlopes Of(IReadOnlyList<BiasProbe> padded, JudgedRows rows, string judge, double unit)
    {
        var slopes = new LengthSlopes();
        for (var half = 0; half < 2; half++)
        {
            var (products, squares) = (0.0, 0.0);
            foreach (var probe in padded)
            {
                if (Half(probe) == half || BiasResponse.Of(rows, judge, probe, unit) is not { } response) continue;
                (products, squares) = (products + probe.LogLength * response.Shift, squares + probe.LogLength * probe.LogLength);
            }

            if (squares > 0) slopes._slopes[half] = products / squares;
        }

        return slopes;
    }

    public double For(BiasProbe probe) => _slopes[Half(probe)];

    private static int Half(BiasProbe probe) => (int)(ProbeSeed.Of(0, "half", probe.Item.Group) & 1);
}
