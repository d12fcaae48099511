namespace Orchestration.Learning.Models.Guards;

/// <summary>A model with guards around it: its number, moved where a rule says so.</summary>
public sealed class GuardedModel : IScoreModel
{
    internal const string Kind = "guarded";

    private readonly Guard[] _guards;

    /// <summary>Puts guards around a model.</summary>
    /// <param name="inner">A model whose numbers are on the target's scale.</param>
    /// <param name="guards">The rules; their order here does not matter.</param>
    /// <exception cref="ArgumentException">A judge that is not there, a threshold outside 0–1 or a limit that is not finite.</exception>
    public GuardedModel(IScoreModel inner, IReadOnlyList<Guard> guards) => (Inner, _guards) = (inner, Guard.InOrder(guards, inner.Judges));

    /// <summary>The model inside.</summary>
    public IScoreModel Inner { get; }

    /// <summary>The rules, in the order they act in.</summary>
    public IReadOnlyList<Guard> Guards => _guards;

    /// <inheritdoc/>
    public int Judges => Inner.Judges;

    /// <inheritdoc/>
    public ModelState State
    {
        get
        {
            var rules = new double[4 * _guards.Length];
            for (var g = 0; g < _guards.Length; g++)
                (rules[4 * g], rules[4 * g + 1], rules[4 * g + 2], rules[4 * g + 3]) = ((double)_guards[g].Kind, _guards[g].Judge, _guards[g].Threshold, _guards[g].Limit);
            return new ModelStateWriter(Kind, 1).Tensor("guards", [_guards.Length, 4], rules).Inside("inner", Inner.State).Done();
        }
    }

    /// <inheritdoc/>
    public double Predict(ReadOnlySpan<double> scores) => Guarded(Inner.Predict(scores), scores);

    /// <inheritdoc/>
    public void Predict(ReadOnlySpan<double> scores, Span<double> predictions)
    {
        Inner.Predict(scores, predictions);
        for (var i = 0; i < predictions.Length; i++) predictions[i] = Guarded(predictions[i], scores.Slice(i * Judges, Judges));
    }

    internal static GuardedModel Restore(ModelState state)
    {
        var reader = new ModelStateReader(state, 1);
        var rules = reader.Tensor("guards", -1, 4);
        var guards = new Guard[rules.Length / 4];
        for (var g = 0; g < guards.Length; g++)
        {
            if (rules[4 * g] is not (0 or 1 or 2) || rules[4 * g + 1] != Math.Floor(rules[4 * g + 1]) || Math.Abs(rules[4 * g + 1]) > int.MaxValue) throw reader.Bad("a guard's kind or judge is not a whole number in its range");
            guards[g] = new Guard((GuardKind)(int)rules[4 * g], (int)rules[4 * g + 1], rules[4 * g + 2], rules[4 * g + 3]);
        }

        return new GuardedModel(ScoreModels.Restore(reader.Inside("inner")), guards);
    }

    private double Guarded(double number, ReadOnlySpan<double> scores)
    {
        foreach (var guard in _guards)
        {
            if (guard.Acts(scores)) number = guard.Apply(number);
        }

        return number;
    }
}
