using System.Text;
using Orchestration.Core;
using Orchestration.Core.Aggregation;
using Orchestration.Core.Aggregation.Serving;
using Orchestration.Core.Evaluation;
using Orchestration.Core.Judging;
using Orchestration.Core.Pairs;
using Orchestration.Core.Pairs.Reading;
using Orchestration.Core.Sweeps;
using Orchestration.Core.Sweeps.Browsing;
using Orchestration.Silo.Hosting;
using Orchestration.Silo.Judging;

namespace Orchestration.Silo.Sweeps.Browsing;

/// <summary>Rows of sweeps as their readers see them.</summary>
/// <param name="state">The silo.</param>
/// <param name="judges">Its judges: what they said is found by what they would ask.</param>
/// <param name="browser">Reads rows.</param>
internal sealed class PairReader(SiloState state, SiloJudges judges, SweepBrowser browser)
{
    /// <summary>Reads rows.</summary>
    public SweepBrowser Browser => browser;

    /// <summary>A page.</summary>
    public static PairPage View(SweepRecord sweep, RowPage page, TimeSpan elapsed)
    {
        var definition = SweepDefinition.FromJson(sweep.Definition);
        return new PairPage(
            [.. definition.Columns.Select(c => View(definition, c))], [.. page.Rows.Select(Line)], page.Next?.ToString(), page.Position, sweep.Rows, page.Unfinished, elapsed.TotalMilliseconds);
    }

    /// <summary>What rows come to.</summary>
    public static StatisticsView View(SweepRecord sweep, SweepStatistics sum)
    {
        var definition = SweepDefinition.FromJson(sweep.Definition);
        return new StatisticsView(
            sum.Rows, false, Tally(sum.Scores), sum.WithoutScore,
            [.. definition.Columns.Select((c, i) => new ColumnStatistics(View(definition, c), Tally(sum.Columns[i]), new Dictionary<string, long>(sum.Unscored[i])))],
            Names(sum.Categories), Names(sum.Sources), sum.HasMoreCategories, sum.HasMoreSources);
    }

    /// <summary>One row with everything that is known of it.</summary>
    public async Task<PairView> ViewAsync(SweepRecord sweep, StoredRow row, CancellationToken cancellationToken)
    {
        var (statements, note) = await StatementsAsync(sweep, row, cancellationToken);
        var line = row.InShort;
        var definition = row.Definition;
        var (data, at) = (row.Data, row.Place.Row);
        return new PairView
        {
            At = row.Place.ToString(),
            Number = row.Number + 1,
            Id = line.Id,
            Group = Encoding.UTF8.GetString(data.Group(at)),
            Category = line.Category,
            Source = line.Source,
            Target = data.Target(at),
            Label = data.Label(at)?.ToText(),
            Prompt = Encoding.UTF8.GetString(data.Prompt(at)),
            Answer = Encoding.UTF8.GetString(data.Answer(at)),
            AnswerB = row.IsComparison ? Encoding.UTF8.GetString(data.AnswerB(at)) : null,
            Reference = data.TryGetReference(at, out var reference) ? Encoding.UTF8.GetString(reference) : null,
            Context = data.TryGetContext(at, out var given) ? Encoding.UTF8.GetString(given) : null,
            Judgments = [.. definition.Columns.Select((c, i) => Judgment(definition, c, line.Values[i], line.Reasons[i], statements))],
            Aggregate = await AggregateAsync(row, line, cancellationToken),
            StatementsNote = note,
        };
    }

    private static JudgmentView Judgment(SweepDefinition definition, EvaluationColumn column, double value, string? reason, IReadOnlyList<JudgeStatement> statements) => new(
        View(definition, column), definition.Judges.FirstOrDefault(j => j.Id == column.JudgeId)?.Version ?? "", Number(value),
        column.Kind is ColumnKind.VerdictAsShown or ColumnKind.VerdictSwapped ? null : Number(column.Scale?.Map(value) ?? double.NaN), reason,
        [
            .. statements.Where(s => s.Column == column.JudgeId && s.Kind == column.Kind).Select(static s => new StatementView(
                s.Judge, s.Repeat, s.Judgment.Values, s.Judgment.Detail.Rationale, s.Judgment.Detail.ServedModel, s.Judgment.Detail.Totals.Usage.Input, s.Judgment.Detail.Totals.Usage.CachedInput,
                s.Judgment.Detail.Totals.Usage.Output, s.Judgment.Detail.Totals.CostUsd, s.Judgment.Detail.Totals.Calls, s.Judgment.Detail.Totals.Failures, s.Judgment.Detail.Voided)),
        ]);

    private async Task<(IReadOnlyList<JudgeStatement> Statements, string? Note)> StatementsAsync(SweepRecord sweep, StoredRow row, CancellationToken cancellationToken)
    {
        try
        {
            return (await JudgeStatements.FindAsync(row, judges.OfSweep(sweep), state.Store.Judgments, cancellationToken), null);
        }
        catch (OrchestrationException e) when (e.Code is ErrorCodes.Configuration or ErrorCodes.NotFound or ErrorCodes.Rubric or ErrorCodes.Usage)
        {
            // The configuration has changed since: scores stand in the sweep itself.
            return ([], $"What the judges said is stored under what they were asked, and that cannot be made again here: {e.Message}");
        }
    }

    private async Task<AggregateView> AggregateAsync(StoredRow row, BrowsedRow line, CancellationToken cancellationToken)
    {
        var definition = row.Definition;
        ScoreParts? parts = null;
        string? note = null;
        try
        {
            if (definition.Learned is { } learned)
            {
                var stored = await state.Store.Aggregators.FindAsync(row.Aggregator, learned.Name, cancellationToken);
                if (stored is null) note = "The version that made this score is not in the store any more.";
                else parts = ScoreParts.Of(row, LoadedVersion.Load(stored));
            }
            else if (!row.IsComparison)
            {
                parts = ScoreParts.Of(row, null);
            }
            else
            {
                note = "Verdicts on comparisons are not aggregated without a learned aggregator.";
            }
        }
        catch (OrchestrationException e)
        {
            note = e.Message;
        }

        if (note is null && double.IsNaN(line.Score)) note = "Too few of the judges have a score, so there is no aggregated one.";
        var taking = parts?.Parts.Count ?? 0;
        return new AggregateView(
            row.Aggregator, definition.Learned?.Name, Number(line.Score), Interval(line), LoadedVersion.IntervalLevel,
            taking == 0 ? null : (double)parts!.Parts.Count(static p => !double.IsNaN(p.Mapped)) / taking, definition.MinCoverage,
            parts is null ? null : Number(parts.Base), parts?.AreExact ?? false,
            [.. parts?.Parts.Select(static p => new PartView(p.Judge, Number(p.Mapped), Number(p.Part))) ?? []], note);
    }

    private static PairLine Line(BrowsedRow row) => new()
    {
        At = row.Place.ToString(),
        Number = row.Number + 1,
        Id = row.Id,
        Category = row.Category,
        Source = row.Source,
        Prompt = row.Prompt,
        Answer = row.Answer,
        AnswerB = row.AnswerB,
        Score = Number(row.Score),
        Interval = Interval(row),
        Values = [.. row.Values.Select(Number)],
        Unscored = row.Reasons,
    };

    private static double[]? Interval(BrowsedRow row) => double.IsNaN(row.Lower) || double.IsNaN(row.Upper) ? null : [row.Lower, row.Upper];

    private static ColumnView View(SweepDefinition definition, EvaluationColumn column)
    {
        var judge = definition.Judges.FirstOrDefault(j => j.Id == column.JudgeId);
        var asked = column.Kind switch { ColumnKind.VerdictAsShown => "as_shown", ColumnKind.VerdictSwapped => "swapped", ColumnKind.ScoreA => "score_a", ColumnKind.ScoreB => "score_b", _ => "score" };
        var kind = judge?.Kind switch { JudgeKind.Code => "code", JudgeKind.Llm => "llm", JudgeKind.Reward => "reward", JudgeKind.Panel => "panel", _ => "replay" };
        return new ColumnView(column.Name, column.JudgeId, asked, kind, judge?.Model, column.Scale is { } scale ? new ScaleView(scale.Min, scale.Max, scale.Direction == Direction.LowerIsBetter) : null);
    }

    private static NameStatistics[] Names(IReadOnlyDictionary<string, ScoreTally> names) =>
        [.. names.Select(static n => new NameStatistics(n.Key, n.Value.Rows, n.Value.Count, Number(n.Value.Mean))).OrderByDescending(static n => n.Rows).ThenBy(static n => n.Name, StringComparer.Ordinal)];

    private static TallyView Tally(ScoreTally tally) =>
        new(tally.Count, Number(tally.Mean), Number(tally.Deviation), Number(tally.Min), Number(tally.Max), Number(tally.Low), Number(tally.High), [.. tally.Spread]);

    private static double? Number(double value) => double.IsFinite(value) ? value : null;
}
