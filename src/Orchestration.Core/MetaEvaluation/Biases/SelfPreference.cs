using Orchestration.Core.MetaEvaluation.Probing;
using Orchestration.Learning.Intervals;
using Orchestration.Learning.Statistics;

namespace Orchestration.Core.MetaEvaluation.Biases;

/// <summary>
/// How much more a judge thinks of the answers of its own family than people do of the same answers, or than judges of other families do. The excess, not the preference: answers of its family may be good.
/// </summary>
public static class SelfPreference
{
    private static readonly (string Start, string Family)[] Known =
    [
        ("chatgpt", "gpt"), ("davinci", "gpt"), ("text-davinci", "gpt"), ("gpt", "gpt"), ("o1", "gpt"), ("o3", "gpt"), ("o4", "gpt"), ("claude", "claude"), ("gemini", "gemini"), ("palm", "gemini"), ("bard", "gemini"),
        ("gemma", "gemma"), ("llama", "llama"), ("vicuna", "llama"), ("alpaca", "llama"), ("mixtral", "mistral"), ("mistral", "mistral"), ("qwen", "qwen"), ("qwq", "qwen"), ("deepseek", "deepseek"), ("phi", "phi"),
        ("command", "command"), ("grok", "grok"), ("yi", "yi"),
    ];

    /// <summary>The family of a model by its name, such as <c>gpt</c> of <c>openai/gpt-4o-mini</c>; the letters that the name begins with where no family is known.</summary>
    public static string FamilyOf(string model)
    {
        ArgumentException.ThrowIfNullOrEmpty(model);
        var name = model[(model.LastIndexOf('/') + 1)..].ToLowerInvariant();
        foreach (var (start, family) in Known)
        {
            if (name.StartsWith(start, StringComparison.Ordinal) && (name.Length == start.Length || !char.IsLetter(name[start.Length]))) return family;
        }

        var letters = 0;
        while (letters < name.Length && char.IsLetter(name[letters])) letters++;
        return letters == 0 ? name : name[..letters];
    }

    internal static IEnumerable<BiasLine> Of(BiasProbes probes, JudgedRows rows, BiasJudge judge, IReadOnlyList<BiasJudge> judges, BootstrapOptions options)
    {
        if (judge.Family is null && judge.Own.Count == 0) yield break;
        var others = judges.Where(j => j.Family is not null && j.Family != judge.Family && rows.Scores(j.Name) == rows.Scores(judge.Name)).Select(static j => j.Name).ToArray();
        foreach (var (against, isHuman) in new[] { ("human labels on the same answers", true), ("judges of other families on the same answers", false) })
        {
            if (!isHuman && others.Length == 0) continue;
            var line = probes.Items[0].IsComparison
                ? Comparisons(probes, rows, judge, isHuman ? [] : others, against, options)
                : Pairs(probes, rows, judge, isHuman ? [] : others, against, options);
            if (line is not null) yield return line;
        }
    }

    private static bool IsOwn(BiasJudge judge, string source) => judge.Own.Count != 0 ? judge.Own.Contains(source, StringComparer.Ordinal) : FamilyOf(source) == judge.Family;

    /// <summary>Comparisons of an own answer with another's: how much further the judge leans to the own one than the label does.</summary>
    private static BiasLine? Comparisons(BiasProbes probes, JudgedRows rows, BiasJudge judge, string[] others, string against, BootstrapOptions options)
    {
        var (excess, unscored) = (new GroupedMean(), 0);
        foreach (var item in probes.Items)
        {
            if (item.Source is not { } a || item.SourceB is not { } b || IsOwn(judge, a) == IsOwn(judge, b)) continue;
            var sign = IsOwn(judge, a) ? 1 : -1;
            var truth = others.Length == 0 ? (item.Label is { } label ? sign * (double)label : double.NaN) : Mean(others.Select(o => Leaning(rows, o, item, sign)));
            if (double.IsNaN(truth) && others.Length == 0) continue;
            var value = (Leaning(rows, judge.Name, item, sign) - truth) / 2;
            if (double.IsNaN(value)) unscored++;
            else excess.Add(value, item.Group);
        }

        return excess.Count == 0 ? null : Line(judge, against, excess.Count, excess.Groups, unscored, excess.Of(options), excess.PValue(options.Seed));
    }

    private static double Leaning(JudgedRows rows, string judge, ProbeItem item, int sign)
    {
        var said = rows.Of(BiasProbes.Before(item.Id), judge);
        if (rows.Scores(judge))
        {
            var difference = rows.Map(judge, said.Score) - rows.Map(judge, said.ScoreB);
            return double.IsNaN(difference) ? double.NaN : sign * Math.Sign(difference);
        }

        return BiasResponse.Verdicts(said, sign) is { } both ? (both.Shown + both.Swapped) / 2.0 : double.NaN;
    }

    /// <summary>Pairs: how much further the judge's score lies above the label on own answers than on others'.</summary>
    private static BiasLine? Pairs(BiasProbes probes, JudgedRows rows, BiasJudge judge, string[] others, string against, BootstrapOptions options)
    {
        var targets = probes.Items.Where(static i => !double.IsNaN(i.Target)).Select(static i => i.Target).ToArray();
        var (low, high) = probes.TargetRange ?? (targets.Length == 0 ? (0, 1) : (targets.Min(), targets.Max()));
        var (groups, values, groupOf, own, unscored) = (new Names(), new List<double>(), new List<int>(), new List<bool>(), 0);
        foreach (var item in probes.Items)
        {
            if (item.Source is null) continue;
            var truth = others.Length == 0 ? (item.Target - low) / (high - low) : Mean(others.Select(o => Score(rows, o, item)));
            if (others.Length == 0 && !double.IsFinite(truth)) continue;
            var value = Score(rows, judge.Name, item) - truth;
            if (double.IsNaN(value))
            {
                unscored++;
                continue;
            }

            values.Add(value);
            groupOf.Add(groups.Of(item.Group));
            own.Add(IsOwn(judge, item.Source));
        }

        if (!own.Contains(true) || !own.Contains(false)) return null;
        var estimate = GroupBootstrap.Of(groups.All.Count, 1, (drawn, into) =>
        {
            Span<double> sums = stackalloc double[2];
            Span<double> weights = stackalloc double[2];
            for (var i = 0; i < values.Count; i++)
            {
                var side = own[i] ? 1 : 0;
                sums[side] += drawn[groupOf[i]] * values[i];
                weights[side] += drawn[groupOf[i]];
            }

            into[0] = sums[1] / weights[1] - sums[0] / weights[0];
        }, options)[0];
        return Line(judge, against, values.Count, groups.All.Count, unscored, estimate, EstimateTest.TwoSided(estimate, groups.All.Count));
    }

    private static double Score(JudgedRows rows, string judge, ProbeItem item) => rows.Scales.ContainsKey(judge) ? rows.Map(judge, rows.Of(BiasProbes.Before(item.Id), judge).Score) : double.NaN;

    private static double Mean(IEnumerable<double> values)
    {
        var (sum, count) = (0.0, 0);
        foreach (var value in values)
        {
            if (double.IsNaN(value)) continue;
            (sum, count) = (sum + value, count + 1);
        }

        return count == 0 ? double.NaN : sum / count;
    }

    private static BiasLine Line(BiasJudge judge, string against, int rows, int prompts, int unscored, in Estimate excess, double p) => new()
    {
        Judge = judge.Name,
        Bias = BiasCatalog.SelfPreference,
        Against = against,
        Rows = rows,
        Prompts = prompts,
        Unscored = unscored,
        Shift = excess,
        Flips = new Estimate(double.NaN, double.NaN, double.NaN, double.NaN, 0),
        Toward = new Estimate(double.NaN, double.NaN, double.NaN, double.NaN, 0),
        PValue = p,
    };
}
