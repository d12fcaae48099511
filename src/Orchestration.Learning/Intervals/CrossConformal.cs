using System.Collections.Concurrent;
using System.Globalization;
using Orchestration.Learning.Models;
using Orchestration.Learning.Selection;

namespace Orchestration.Learning.Intervals;

/// <summary>
/// Intervals by CV+ (Barber, Candès, Ramdas and Tibshirani 2021, "Predictive inference with the jackknife+"): every held-out residual is added to the number of the model that was fitted
/// without its fold, and the ends are quantiles of these sums. Each group weighs the same however many rows it has, and the new row stands for a new group. Guaranteed at
/// level 1 − α is a coverage of 1 − 2α − √(2/n) or so (their Theorem 4); about 1 − α is usual. It holds on average over rows: not for the worst ones, see
/// <see cref="IntervalStudy"/>. Residuals are those of held-out rows scored with the very judges missing that the new row misses. Immutable, safe for concurrent use.
/// </summary>
public sealed class CrossConformal
{
    internal const string Kind = "cv-plus";

    /// <summary>Held-out rows that are kept at most; of more, whole groups are drawn by seed.</summary>
    public const int RowsAtMost = 4096;

    /// <summary>Groups that a pattern of missing judges has to rest on (or half of all, where there are fewer than twice as many).</summary>
    public const int GroupsWanted = 30;

    private const int PatternsAtMost = 1024;

    private readonly ScoreData _rows;
    private readonly int[] _foldOf;
    private readonly IScoreModel[] _models;
    private readonly ResidualKind _kind;
    private ConcurrentDictionary<JudgeSet, ResidualPattern> _patterns = new();

    private CrossConformal(ScoreData rows, int[] foldOf, IScoreModel[] models, ResidualKind kind) => (_rows, _foldOf, _models, _kind) = (rows, foldOf, models, kind);

    /// <summary>Number of judges.</summary>
    public int Judges => _rows.Judges;

    /// <summary>Intervals from one draw of folds.</summary>
    /// <param name="data">All training rows; weights of rows are not used, since each group weighs the same.</param>
    /// <param name="folds">The draw, by group.</param>
    /// <param name="foldModels">For each fold the model that was fitted without it.</param>
    /// <param name="kind">Which residual.</param>
    /// <param name="seed">Draws the groups that are kept where there are many rows.</param>
    /// <exception cref="ArgumentException">Folds and models do not belong together, or rows of a group stand in several folds.</exception>
    public static CrossConformal Of(ScoreData data, Folds folds, IReadOnlyList<IScoreModel> foldModels, ResidualKind kind = ResidualKind.Absolute, ulong seed = 0)
    {
        if (!folds.Grouped) throw new ArgumentException("Intervals need folds of whole groups.", nameof(folds));
        if (folds.FoldOf.Length != data.Rows || foldModels.Count != folds.Count) throw new ArgumentException("There is a fold for each row and a model for each fold.", nameof(foldModels));
        var kept = Kept(data, seed);
        return new CrossConformal(data.Select(kept), [.. kept.Select(i => folds.FoldOf[i])], [.. foldModels], kind);
    }

    /// <summary>Everything that reading it back needs: held-out rows and the models of the folds.</summary>
    public ModelState State
    {
        get
        {
            var writer = new ModelStateWriter(Kind, 1).Setting("residual", _kind.ToString().ToLowerInvariant()).Setting("folds", _models.Length)
                .Tensor("scores", [_rows.Rows, _rows.Judges], _rows.Scores).Tensor("targets", [_rows.Rows], _rows.Targets)
                .Tensor("groups", [_rows.Rows], [.. _rows.GroupOf.Select(g => (double)g)]).Tensor("fold", [_rows.Rows], [.. _foldOf.Select(f => (double)f)]);
            for (var k = 0; k < _models.Length; k++) writer.Inside($"f{k.ToString(CultureInfo.InvariantCulture)}", _models[k].State);
            return writer.Done();
        }
    }

    /// <summary>Reads it back: the same intervals to the bit.</summary>
    /// <param name="state">What <see cref="State"/> gave; its arrays are taken over.</param>
    /// <exception cref="ArgumentException">Something is missing or misshapen; the message names it.</exception>
    public static CrossConformal Restore(ModelState state)
    {
        if (state.Kind != Kind) throw new ArgumentException($"The state holds a {state.Kind}, not intervals ({Kind}).", nameof(state));
        var reader = new ModelStateReader(state, 1);
        if (!Enum.TryParse<ResidualKind>(reader.Text("residual"), ignoreCase: true, out var kind) || !Enum.IsDefined(kind)) throw reader.Bad("the residual is unknown");
        var models = new IScoreModel[reader.Whole("folds") is var folds and >= 2 and < 10_000 ? folds : throw reader.Bad("there are fewer than two folds")];
        for (var k = 0; k < models.Length; k++) models[k] = ScoreModels.Restore(reader.Inside($"f{k.ToString(CultureInfo.InvariantCulture)}"));
        var targets = reader.Tensor("targets", -1);
        var rows = new ScoreData(models[0].Judges, reader.Tensor("scores", targets.Length, models[0].Judges), targets, Whole("groups"));
        var foldOf = Whole("fold");
        if (foldOf.Any(f => f >= models.Length) || models.Any(m => m.Judges != models[0].Judges)) throw reader.Bad("folds and models do not belong together");
        return new CrossConformal(rows, foldOf, models, kind);

        int[] Whole(string name)
        {
            var values = reader.Tensor(name, targets.Length);
            if (values.Any(v => !(v >= 0 && v < int.MaxValue) || v != Math.Floor(v))) throw reader.Bad($"{name} are not whole numbers");
            return [.. values.Select(v => (int)v)];
        }
    }

    /// <summary>The interval of one row. The first row of a pattern of missing judges scores the held-out rows anew; every other takes microseconds.</summary>
    /// <param name="scores">One mapped score a judge; NaN where a judge is missing.</param>
    /// <param name="level">1 − α, above ½ and below 1.</param>
    public PredictionInterval Predict(ReadOnlySpan<double> scores, double level = 0.9)
    {
        if (scores.Length != Judges) throw new ArgumentException($"{scores.Length} scores for {Judges} judges.", nameof(scores));
        if (!(level > 0.5 && level < 1)) throw new ArgumentOutOfRangeException(nameof(level), level, "A level lies above 0.5 and below 1.");
        var pattern = PatternOf(scores);
        var folds = _models.Length;
        Span<double> buffer = folds * 3 + Judges <= 512 ? stackalloc double[folds * 3 + Judges] : new double[folds * 3 + Judges];
        var centre = buffer[..folds];
        var reach = buffer.Slice(folds, folds);
        var mirrored = buffer.Slice(2 * folds, folds);
        var masked = buffer[(3 * folds)..];
        for (var j = 0; j < masked.Length; j++) masked[j] = pattern.Missing[j] ? double.NaN : scores[j];
        for (var k = 0; k < folds; k++)
        {
            centre[k] = _models[k].Predict(masked);
            reach[k] = pattern.Scales?[k].At(centre[k]) ?? 1;
            mirrored[k] = -centre[k];
        }

        if (_kind == ResidualKind.Signed)
        {
            // Half of α on each side; the lower end is the largest sum with enough of the others at or above it.
            var wanted = (1 - (1 - level) / 2) * (pattern.Groups + 1);
            return new PredictionInterval(pattern.Largest(centre, reach, wanted), pattern.Smallest(centre, reach, wanted), pattern.Groups, pattern.Dropped);
        }

        var enough = level * (pattern.Groups + 1);
        return new PredictionInterval(-pattern.Smallest(mirrored, reach, enough), pattern.Smallest(centre, reach, enough), pattern.Groups, pattern.Dropped);
    }

    private ResidualPattern PatternOf(ReadOnlySpan<double> scores)
    {
        var key = JudgeSet.Missing(scores);
        if (_patterns.TryGetValue(key, out var known)) return known;

        // What a pattern gives depends on nothing but the pattern, so forgetting all of them changes no number.
        if (_patterns.Count >= PatternsAtMost) _patterns = new ConcurrentDictionary<JudgeSet, ResidualPattern>();
        var missing = new bool[scores.Length];
        for (var j = 0; j < missing.Length; j++) missing[j] = double.IsNaN(scores[j]);
        return _patterns.GetOrAdd(key, Prepare(missing));
    }

    private ResidualPattern Prepare(bool[] missing)
    {
        var wide = (bool[])missing.Clone();
        var wanted = Math.Min(GroupsWanted, (_rows.Groups + 1) / 2);
        var rows = Usable(wide, out var groups, out var worst);
        while (groups < wanted && worst >= 0)
        {
            wide[worst] = true;
            rows = Usable(wide, out groups, out worst);
        }

        var inGroup = new int[_rows.Groups];
        foreach (var i in rows) inGroup[_rows.GroupOf[i]]++;
        var residuals = new double[_models.Length][];
        var weights = new double[_models.Length][];
        var scales = _kind == ResidualKind.Scaled ? new ResidualScale[_models.Length] : null;
        for (var k = 0; k < _models.Length; k++)
        {
            int[] mine = [.. rows.Where(i => _foldOf[i] == k)];
            if (scales is not null) scales[k] = Scale(k, rows, wide);
            var numbers = Numbers(k, mine, wide);
            residuals[k] = new double[mine.Length];
            weights[k] = new double[mine.Length];
            for (var i = 0; i < mine.Length; i++)
            {
                var residual = _rows.Targets[mine[i]] - numbers[i];
                residuals[k][i] = _kind == ResidualKind.Signed ? residual : Math.Abs(residual) / (scales?[k].At(numbers[i]) ?? 1);
                weights[k][i] = 1.0 / inGroup[_rows.GroupOf[mine[i]]];
            }
        }

        int[] dropped = [.. Enumerable.Range(0, wide.Length).Where(j => wide[j] && !missing[j])];
        return new ResidualPattern(wide, dropped, residuals, weights, groups, scales);
    }

    /// <summary>The rows that have every judge that is not left out, and the judge whose absence spoils the most others (−1 where all are left out).</summary>
    private int[] Usable(bool[] missing, out int groups, out int worst)
    {
        var usable = new List<int>();
        var spoils = new int[missing.Length];
        var seen = new bool[_rows.Groups];
        groups = 0;
        for (var i = 0; i < _rows.Rows; i++)
        {
            var row = _rows.Row(i);
            var whole = true;
            for (var j = 0; j < missing.Length; j++)
            {
                if (missing[j] || !double.IsNaN(row[j])) continue;
                whole = false;
                spoils[j]++;
            }

            if (!whole) continue;
            usable.Add(i);
            if (seen[_rows.GroupOf[i]]) continue;
            seen[_rows.GroupOf[i]] = true;
            groups++;
        }

        worst = Array.IndexOf(spoils, spoils.Max());
        if (spoils[worst] == 0) worst = -1;
        return [.. usable];
    }

    private ResidualScale Scale(int fold, int[] rows, bool[] missing)
    {
        // From the rows that this fold's model was fitted on: its held-out rows may not know their own scale.
        int[] others = [.. rows.Where(i => _foldOf[i] != fold)];
        if (others.Length == 0) others = rows;
        return ResidualScale.Of(Numbers(fold, others, missing), [.. others.Select(i => _rows.Targets[i])]);
    }

    private double[] Numbers(int fold, int[] rows, bool[] missing)
    {
        var scores = RowRules.Take(_rows.Scores, _rows.Judges, rows);
        for (var i = 0; i < scores.Length; i++)
        {
            if (missing[i % missing.Length]) scores[i] = double.NaN;
        }

        var numbers = new double[rows.Length];
        _models[fold].Predict(scores, numbers);
        return numbers;
    }

    private static int[] Kept(ScoreData data, ulong seed)
    {
        var all = new int[data.Rows];
        for (var i = 0; i < all.Length; i++) all[i] = i;
        if (data.Rows <= RowsAtMost) return all;
        var sizes = new int[data.Groups];
        foreach (var group in data.GroupOf) sizes[group]++;
        var order = new int[data.Groups];
        for (var g = 0; g < order.Length; g++) order[g] = g;
        new SeededDraws(seed).Shuffle(order);
        var kept = new bool[data.Groups];
        var rows = 0;
        foreach (var group in order)
        {
            if (rows > 0 && rows + sizes[group] > RowsAtMost) continue;
            kept[group] = true;
            rows += sizes[group];
        }

        return [.. all.Where(i => kept[data.GroupOf[i]])];
    }
}
