namespace Orchestration.Learning.Models;

/// <summary>
/// A fitted model f: mapped scores of the judges, some missing, to one number. Immutable and safe for concurrent use. Learned from
/// <see cref="ScoreData"/> its numbers are on the targets' scale; learned from <see cref="PreferenceData"/> they are log-odds, centred, and only
/// differences mean anything.
/// </summary>
public interface IScoreModel
{
    /// <summary>Number of judges it was fitted on.</summary>
    int Judges { get; }

    /// <summary>f of one row. Allocates nothing.</summary>
    /// <param name="scores">One mapped score a judge, 0–1; NaN where a judge is missing.</param>
    double Predict(ReadOnlySpan<double> scores);

    /// <summary>f of many rows; each number is exactly that of <see cref="Predict(ReadOnlySpan{double})"/>.</summary>
    /// <param name="scores">Rows × judges, row after row; NaN where a judge is missing.</param>
    /// <param name="predictions">One place a row.</param>
    void Predict(ReadOnlySpan<double> scores, Span<double> predictions);

    /// <summary>Everything that reading a model back needs to make the same model again.</summary>
    ModelState State { get; }
}

/// <summary>A model whose number is a constant plus one part a judge (and, where it has them, one a pair of judges).</summary>
public interface IAdditiveModel : IScoreModel
{
    /// <summary>The mean number over the training rows: what the parts are added to.</summary>
    double Constant { get; }

    /// <summary>
    /// Each judge's exact part in f of a row; an interaction is shared in halves between its two judges. <see cref="Constant"/> plus their sum is
    /// f to rounding.
    /// </summary>
    /// <param name="scores">One mapped score a judge; NaN where a judge is missing.</param>
    /// <param name="contributions">One place a judge.</param>
    void Contributions(ReadOnlySpan<double> scores, Span<double> contributions);
}

/// <summary>How to fit a model: its name and its settings. Immutable.</summary>
public interface IModelRecipe
{
    /// <summary>Name on the command line and in reports (<c>gam</c>, <c>ridge</c>).</summary>
    string Name { get; }

    /// <summary>True where no single judge's better score can lower the number.</summary>
    bool IsMonotone { get; }

    /// <summary>Fits to human scores.</summary>
    /// <param name="data">Training rows only.</param>
    /// <param name="options">Seed, threads and cancellation.</param>
    IScoreModel Fit(ScoreData data, FitOptions options);

    /// <summary>Fits to comparisons.</summary>
    /// <inheritdoc cref="Fit(ScoreData, FitOptions)" path="/param"/>
    IScoreModel Fit(PreferenceData data, FitOptions options);
}

/// <summary>What a fit may use.</summary>
/// <param name="Seed">Everything random follows from it.</param>
/// <param name="MaxThreads">Threads at most, at least 1; the result does not depend on it.</param>
/// <param name="CancellationToken">Gives up between steps.</param>
public readonly record struct FitOptions(ulong Seed, int MaxThreads = 1, CancellationToken CancellationToken = default);
