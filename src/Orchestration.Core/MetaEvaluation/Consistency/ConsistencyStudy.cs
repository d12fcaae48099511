using Orchestration.Core.MetaEvaluation.Biases;
using Orchestration.Core.MetaEvaluation.Probing;
using Orchestration.Core.Pairs;
using Orchestration.Learning.Intervals;

namespace Orchestration.Core.MetaEvaluation.Consistency;

/// <summary>A judge with the columns that are the same judge asked again, or asked in other words.</summary>
/// <param name="Name">Its column.</param>
/// <param name="Repeats">Columns of the same judge asked once more.</param>
/// <param name="Rubrics">Columns of the same judge with its rubric in other words, by the name of the variant.</param>
public sealed record ConsistencyJudge(string Name, IReadOnlyList<string> Repeats, IReadOnlyList<(string Variant, string Column)> Rubrics);

/// <summary>From judgments of rows and their variants to how consistent each judge is with itself. docs/consistency.md has the definitions.</summary>
public sealed class ConsistencyStudy(JudgedRows rows, BootstrapOptions options)
{
    // Scores that differ by less are the same: what a mean of samples leaves of rounding.
    private const double SameScore = 1e-9;

    private readonly List<ConsistencyLine> _lines = [];
    private readonly List<CycleLine> _cycles = [];

    /// <summary>Adds one judge's lines.</summary>
    /// <param name="judge">The judge.</param>
    /// <param name="items">Rows as they are.</param>
    /// <param name="variants">Changed rows.</param>
    public void Add(ConsistencyJudge judge, IReadOnlyList<ProbeItem> items, IReadOnlyList<ConsistencyVariant> variants)
    {
        ArgumentNullException.ThrowIfNull(judge);
        ArgumentNullException.ThrowIfNull(items);
        ArgumentNullException.ThrowIfNull(variants);
        var repeats = new Tally(rows, judge.Name);
        foreach (var item in items)
        {
            foreach (var column in judge.Repeats) repeats.Add(item.Id, judge.Name, item.Id, column, item.Group);
        }

        if (items.Count != 0 && items[0].IsComparison && !rows.Scores(judge.Name))
        {
            var order = new Tally(rows, judge.Name);
            foreach (var item in items) order.AddOrder(item.Id, item.Group);
            _lines.Add(order.Line(ConsistencyProbe.Order, "", repeats, options));
            if (CyclesOf(judge.Name, items) is { } cycles) _cycles.Add(cycles);
        }

        if (judge.Repeats.Count != 0) _lines.Add(repeats.Line(ConsistencyProbe.Repeat, "", null, options));
        Lines(ConsistencyProbe.Rubric, judge.Rubrics.SelectMany(r => items.Select(item => (r.Variant, item.Id, item.Id, r.Column, item.Group))));
        foreach (var probe in new[] { ConsistencyProbe.Question, ConsistencyProbe.Surface })
            Lines(probe, variants.Where(v => v.Probe == probe).Select(v => (v.Variant, v.BaseId, v.VariantId, judge.Name, v.Group)));

        void Lines(ConsistencyProbe probe, IEnumerable<(string Variant, string Base, string Other, string Column, string Group)> asked)
        {
            var (all, each) = (new Tally(rows, judge.Name), new List<(string Name, Tally Tally)>());
            foreach (var (variant, id, other, column, group) in asked)
            {
                if (each.Count == 0 || each[^1].Name != variant)
                {
                    var at = each.FindIndex(e => e.Name == variant);
                    var own = at < 0 ? (variant, new Tally(rows, judge.Name)) : each[at];
                    if (at >= 0) each.RemoveAt(at);
                    each.Add(own);
                }

                // What costs nothing and cannot differ would only raise the mean.
                if (variant != "id") all.Add(id, judge.Name, other, column, group);
                each[^1].Tally.Add(id, judge.Name, other, column, group);
            }

            if (each.Count == 0) return;
            _lines.Add(all.Line(probe, "", repeats, options));
            foreach (var (name, tally) in each.OrderBy(static e => e.Name, StringComparer.Ordinal)) _lines.Add(tally.Line(probe, name, repeats, options));
        }
    }

    /// <summary>All lines so far, with what they mean.</summary>
    public ConsistencyOutcome Outcome(IReadOnlyList<LeftOutJudge> leftOut)
    {
        var outcome = new ConsistencyOutcome(_lines, _cycles, leftOut, []);
        return outcome with { Meaning = ConsistencyMeaning.Of(outcome) };
    }

    /// <summary>Cycles of three among all answers to a prompt; null without three answers that were all compared.</summary>
    private CycleLine? CyclesOf(string judge, IReadOnlyList<ProbeItem> items)
    {
        var (cyclic, prompts, undecided, met) = (new GroupedMean(), new GroupedMean(), 0, false);
        foreach (var group in items.GroupBy(static i => i.Group, StringComparer.Ordinal))
        {
            var answers = new Names();
            var preferred = new Dictionary<(int, int), int>();
            foreach (var item in group)
            {
                var (a, b) = (answers.Of(item.Answer), answers.Of(item.AnswerB!));
                var verdicts = BiasResponse.Verdicts(rows.Of(item.Id, judge), 1);
                var shared = verdicts is { } both && both.Shown == both.Swapped ? both.Shown : 0;
                (preferred[(a, b)], preferred[(b, a)]) = (shared, -shared);
            }

            var (triples, cycles) = (0, 0);
            for (var a = 0; a < answers.All.Count; a++)
            {
                for (var b = a + 1; b < answers.All.Count; b++)
                {
                    for (var c = b + 1; c < answers.All.Count; c++)
                    {
                        if (!preferred.TryGetValue((a, b), out var ab) || !preferred.TryGetValue((b, c), out var bc) || !preferred.TryGetValue((c, a), out var ca)) continue;
                        met = true;
                        if (ab * bc * ca == 0)
                        {
                            undecided++;
                            continue;
                        }

                        triples++;
                        var isCycle = ab == bc && bc == ca;
                        if (isCycle) cycles++;
                        cyclic.Add(isCycle ? 1 : 0, group.Key);
                    }
                }
            }

            if (triples != 0) prompts.Add(cycles == 0 ? 0 : 1, group.Key);
        }

        return !met ? null : new CycleLine { Judge = judge, Prompts = prompts.Count, Triples = cyclic.Count, Undecided = undecided, Cyclic = cyclic.ShareOf(options), PromptsWithCycle = prompts.ShareOf(options) };
    }

    /// <summary>Times that two judgments are the same.</summary>
    private sealed class Tally(JudgedRows rows, string judge)
    {
        private readonly GroupedMean _same = new();
        private readonly GroupedMean _apart = new();
        private readonly Dictionary<string, (double Same, double Count)> _byPrompt = new(StringComparer.Ordinal);
        private int _unscored;

        public void AddOrder(string id, string group)
        {
            if (BiasResponse.Verdicts(rows.Of(id, judge), 1) is not { } both) _unscored++;
            else Add(both.Shown == both.Swapped, group);
        }

        /// <summary>Verdicts are compared order by order, scores answer by answer.</summary>
        public void Add(string id, string column, string otherId, string otherColumn, string group)
        {
            var (one, other) = (rows.Of(id, column), rows.Of(otherId, otherColumn));
            if (!rows.Scores(column))
            {
                Add(one.AsShown, other.AsShown, group);
                Add(one.Swapped, other.Swapped, group);
                return;
            }

            AddScores(rows.Map(judge, one.Score), rows.Map(judge, other.Score), group);
            if (!double.IsNaN(one.ScoreB) || !double.IsNaN(other.ScoreB)) AddScores(rows.Map(judge, one.ScoreB), rows.Map(judge, other.ScoreB), group);
        }

        public ConsistencyLine Line(ConsistencyProbe probe, string variant, Tally? repeats, BootstrapOptions options) => new()
        {
            Judge = judge,
            Probe = probe,
            Variant = variant,
            Rows = _same.Count,
            Prompts = _same.Groups,
            Unscored = _unscored,
            Same = _same.ShareOf(options),
            Apart = _apart.Of(options),
            BeyondRepeats = Beyond(repeats, options),
        };

        private Estimate Beyond(Tally? repeats, BootstrapOptions options)
        {
            var mean = new GroupedMean();
            foreach (var (prompt, own) in repeats is null ? [] : _byPrompt)
            {
                if (repeats!._byPrompt.TryGetValue(prompt, out var again)) mean.Add(again.Same / again.Count - own.Same / own.Count, prompt);
            }

            return mean.Of(options);
        }

        private void Add(Preference? one, Preference? other, string group)
        {
            if (one is null || other is null) _unscored++;
            else Add(one == other, group);
        }

        private void AddScores(double one, double other, string group)
        {
            var apart = Math.Abs(one - other);
            if (double.IsNaN(apart))
            {
                _unscored++;
                return;
            }

            _apart.Add(apart, group);
            Add(apart < SameScore, group);
        }

        private void Add(bool same, string group)
        {
            _same.Add(same ? 1 : 0, group);
            var (sum, count) = _byPrompt.GetValueOrDefault(group);
            _byPrompt[group] = (sum + (same ? 1 : 0), count + 1);
        }
    }
}
