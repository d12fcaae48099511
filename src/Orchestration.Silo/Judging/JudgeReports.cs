using Orchestration.Core.Judging;
using Orchestration.Core.Pairs.Reading;
using Orchestration.Core.Routing;
using Orchestration.Core.Sweeps;
using Orchestration.Silo.Hosting;
using Orchestration.Silo.Routing;

namespace Orchestration.Silo.Judging;

/// <summary>How the judges do: what routed traffic, requests at this silo and the last sweeps say of them, and what they cost. Safe for concurrent use.</summary>
/// <param name="state">The silo.</param>
/// <param name="tally">Counts of this silo's requests.</param>
/// <param name="reports">What routed traffic says.</param>
internal sealed class JudgeReports(SiloState state, JudgeTally tally, RouterReports reports)
{
    private const int MostSweeps = 5;
    private const int ShardsASweep = 8;

    private static readonly string[] UnreadableReasons = [UnscoredReason.Unreadable, UnscoredReason.OffScale, UnscoredReason.Truncated, UnscoredReason.Refused, UnscoredReason.LowMass];

    private readonly Lock _lock = new();
    private readonly Dictionary<(string Sweep, int ShardsDone), SweepJudgeSample> _samples = [];

    public async Task<JudgeReportAnswer> GetAsync(CancellationToken cancellationToken)
    {
        var report = await reports.GetAsync(cancellationToken);
        var samples = new List<SweepJudgeSample>();
        foreach (var sweep in (await state.Store.Sweeps.ListAsync(cancellationToken)).Where(static s => s.State != SweepState.Registering).OrderByDescending(static s => s.CreatedAt).Take(MostSweeps))
        {
            if (await SampleAsync(sweep, cancellationToken) is { Judges.Rows: > 0 } sample) samples.Add(sample);
        }

        var routed = (report?.Judges ?? []).ToDictionary(static j => j.Judge, StringComparer.Ordinal);
        var (requests, swept) = (Requests(), Swept(samples));
        var spent = (await state.Store.Spending.ListAsync(null, cancellationToken)).Where(static e => e.Purpose.Judge.Length != 0).ToLookup(static e => e.Purpose.Judge, StringComparer.Ordinal);
        var quarantines = await state.Store.Routing.QuarantinesAsync(cancellationToken);
        var held = RouterEndpoints.View(quarantines).Held.Where(static h => h.Kind == "judge").ToArray();
        var probes = await JudgeProbes.ReadAsync(state.Store.Checks, cancellationToken);
        var names = routed.Keys.Concat(requests.Keys).Concat(swept.Keys).Concat(held.Select(static h => h.Name)).Concat(probes.Select(static p => p.Judge)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();

        // A judge of several dimensions has one price and several columns; one of which nothing but its price is known stands by its id.
        names.AddRange(spent.Select(static s => s.Key).Where(id => !names.Exists(n => IsOf(n, id))).Order(StringComparer.Ordinal));
        return new JudgeReportAnswer(
            [
                .. names.Select(name => new JudgeReportLine(
                    name, routed.GetValueOrDefault(name) is { } r && (r.Scored > 0 || r.Unscored.Count > 0) ? Routed(r) : null, requests.GetValueOrDefault(name), swept.GetValueOrDefault(name),
                    [
                        .. spent.Where(s => IsOf(name, s.Key)).SelectMany(static s => s).GroupBy(static e => e.Purpose.Deployment, StringComparer.Ordinal).OrderBy(static g => g.Key, StringComparer.Ordinal)
                            .Select(static g => new JudgeCostLine(g.Key, g.Sum(static e => e.Calls), g.Sum(static e => e.SettledUsd), g.Sum(static e => e.UnknownUsd))),
                    ])),
            ],
            [.. report?.Agreement.Select(static p => new JudgePairView(p.First, p.Second, p.Answers, Number(p.Correlation), Number(p.MeanDistance))) ?? []],
            [.. samples.Select(View)],
            [.. report?.Drift.Where(static d => d.IsJudge).Select(static d => new DriftView("judge", d.Subject, d.ToString(), d.IsWorse, d.Since, d.NoticedAt)) ?? []],
            held,
            [.. state.Board.Waits.Select(static w => new WaitLine(w.Deployment, w.Reason, w.Since, w.NextTry))],
            state.Config.Router is { Judges: not null },
            probes);
    }

    private static bool IsOf(string column, string judge) => column == judge || (column.Length > judge.Length && column.StartsWith(judge, StringComparison.Ordinal) && column[judge.Length] == '/');

    private static RoutedJudge Routed(Core.Routing.Loop.JudgeReport judge)
    {
        var unscored = judge.Unscored.ToDictionary(static u => u.Key, static u => (long)u.Value, StringComparer.Ordinal);
        return new RoutedJudge(judge.Scored, Number(judge.Mean), Number(judge.Deviation), Number(judge.WithOthers), unscored, Unreadable(unscored));
    }

    private static long Unreadable(IReadOnlyDictionary<string, long> unscored) => unscored.Where(static u => UnreadableReasons.Contains(u.Key, StringComparer.Ordinal)).Sum(static u => u.Value);

    private static SweepSampleView View(SweepJudgeSample sample) => new(
        sample.Sweep.Id, sample.Definition.Kind == DataKind.Pairs ? "pairs" : "comparisons", sample.Sweep.CreatedAt, sample.Sweep.Rows, sample.Judges.Rows, sample.IsWhole,
        [.. sample.Definition.Columns.Select(static c => c.Name)], [.. sample.Correlation?.Matrix.Select(Number) ?? []], sample.Correlation is { } c ? Number(c.EffectiveChannels) : null);

    private static Dictionary<string, CountedJudge> Swept(IReadOnlyList<SweepJudgeSample> samples)
    {
        var sums = new Dictionary<string, CountedJudge>(StringComparer.Ordinal);
        foreach (var sample in samples)
        {
            foreach (var column in sample.Judges.Columns) Add(column.Column.Name, column.Scores.Count, column.Unscored, 0, 0);
            foreach (var (judge, verdicts) in sample.Judges.Verdicts) Add(judge, 0, new Dictionary<string, long>(), verdicts.Paired, verdicts.Opposite);
        }

        return sums;

        void Add(string name, long scored, IReadOnlyDictionary<string, long> unscored, long compared, long flipped)
        {
            var known = sums.GetValueOrDefault(name) ?? new CountedJudge(0, new SortedDictionary<string, long>(StringComparer.Ordinal), 0, 0, 0);
            var all = new SortedDictionary<string, long>(known.Unscored.ToDictionary(StringComparer.Ordinal), StringComparer.Ordinal);
            foreach (var (reason, count) in unscored) all[reason] = all.GetValueOrDefault(reason) + count;
            sums[name] = new CountedJudge(known.Scored + scored, all, Unreadable(all), known.Compared + compared, known.Flipped + flipped);
        }
    }

    private Dictionary<string, CountedJudge> Requests()
    {
        var verdicts = tally.Verdicts();
        var counts = tally.List().ToDictionary(
            static t => t.Judge, t => new CountedJudge(t.Scored, t.Unscored, Unreadable(t.Unscored), verdicts.GetValueOrDefault(t.Judge).Compared, verdicts.GetValueOrDefault(t.Judge).Flipped), StringComparer.Ordinal);
        foreach (var (judge, (compared, flipped)) in verdicts) counts.TryAdd(judge, new CountedJudge(0, new Dictionary<string, long>(), 0, compared, flipped));
        return counts;
    }

    private async Task<SweepJudgeSample> SampleAsync(SweepRecord sweep, CancellationToken cancellationToken)
    {
        var key = (sweep.Id, (await state.Store.Sweeps.ProgressAsync(sweep.Id, cancellationToken)).ShardsDone);
        lock (_lock)
        {
            if (_samples.TryGetValue(key, out var known)) return known;
        }

        var sample = await SweepJudgeSample.ReadAsync(state.Store.Sweeps, sweep, ShardsASweep, cancellationToken);
        lock (_lock)
        {
            foreach (var old in _samples.Keys.Where(k => k.Sweep == sweep.Id).ToArray()) _samples.Remove(old);
            if (_samples.Count >= 4 * MostSweeps) _samples.Clear();
            _samples[key] = sample;
        }

        return sample;
    }

    private static double? Number(double value) => double.IsFinite(value) ? value : null;
}
